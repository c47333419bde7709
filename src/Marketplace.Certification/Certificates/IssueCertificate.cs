using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Issues certificates, each in the transaction of the decision that allows it.</summary>
internal static class IssueCertificate
{
    /// <summary>The certificate of a granting decision, or of a batch declared under a scope; its serial.</summary>
    public static async Task<Outcome<string>> Issue(
        SigningCase batch, Database database, ILotAccounts accounts, ILots lots, Secrets secrets, CancellationToken cancel)
    {
        // The certificate runs from the decision, not from the application: a lot may wait weeks for the laboratory.
        var from = Now(batch);
        var scopeEnds = batch.ScopeEnds is { } end ? Whole(end) : DateTimeOffset.MaxValue;
        var until = new[] { from.AddDays(batch.ValidityDays), Place.EndOf(batch.ExpiresOn, batch.Country), scopeEnds }.Min();
        if (until <= from)
        {
            return new Refusal("lot-expired", "The shelf life of this lot is over.");
        }

        var id = CertificateId.New();
        if (await accounts.Credit(id, [new LotPart(batch.Lot, batch.Amount)], until, cancel) is { } refused)
        {
            return refused;
        }

        return await Sign(new CertificateDraft(id, batch.Amount, until, null), batch, serial => Happened(new CertificateIssued(
            id, serial, batch.Lot, batch.Scheme, new Quantity(batch.Amount, batch.Unit), until)), database, lots, secrets, cancel);
    }

    /// <summary>The certificate that takes the place of a replaced one, on the terms of the approved replacement; its serial.</summary>
    public static async Task<Outcome<string>> Replace(
        SigningCase batch, Certificate replaced, long amount, DateTimeOffset until, Database database, ILotAccounts accounts, ILots lots, Secrets secrets,
        CancellationToken cancel)
    {
        var id = CertificateId.New();
        if (await accounts.Recredit(replaced.Id, id, new LotPart(batch.Lot, amount), until, cancel) is { } refused)
        {
            return refused;
        }

        return await Sign(new CertificateDraft(id, amount, until, replaced.Id), batch, serial => Happened(new CertificateReplaced(
            id, serial, replaced.Id, batch.Lot, batch.Scheme, new Quantity(amount, batch.Unit), until)), database, lots, secrets, cancel);
    }

    private static async Task<Outcome<string>> Sign(
        CertificateDraft draft, SigningCase batch, Func<string, (string Type, string Text)> happened, Database database, ILots lots,
        Secrets secrets, CancellationToken cancel)
    {
        var from = Now(batch);
        var issuer = batch.Body;
        var year = from.ToOffset(Place.Offset(batch.Country)).Year;
        var kind = string.Create(CultureInfo.InvariantCulture, $"certificate-{batch.Country}-{year}");
        var serial = Serial.Make(batch.Country, year, await CaseWork.NextNumber(kind, database, cancel));
        var key = await SigningKey.InUse(database, secrets, cancel);
        var claims = new LabelClaims(serial, batch.Lot.Value, batch.Product.Value, draft.Amount, batch.Unit, batch.Village.Value,
            issuer.Value, from, draft.Until);
        var label = key.Sign(claims);
        var readBack = Label.Verify(label, [new IssuerKey(key.KeyId, Convert.ToBase64String(key.PublicKey), DateTimeOffset.MinValue)], from).Claims;
        if (CertificateLint.First(new Signing(batch, (await lots.Of([batch.Lot], cancel)).GetValueOrDefault(batch.Lot),
            draft.Amount, claims, label, readBack)) is { } wrong)
        {
            return wrong;
        }

        var (type, text) = happened(serial);

        // The stop switch, the decision, what it covered and the key are checked by the table's triggers, inside this transaction.
        await database.Execute($"""
            with issued as (
                insert into certification.certificate (id, serial, application, lot, household, applicant, issuer, product, village, amount, unit,
                       scheme, scheme_version, valid_from, valid_until, key_id, label, replaces, declaration)
                values ({draft.Id}, {serial}, {batch.Application}, {batch.Lot}, {batch.Household}, {batch.Applicant}, {issuer},
                       {batch.Product}, {batch.Village}, {draft.Amount}, {batch.Unit}, {batch.Scheme},
                       {batch.SchemeVersion}, {from}, {draft.Until}, {key.KeyId}, {label}, {draft.Replaces}, {batch.Declaration})
                returning id)
            select kernel.append(id, {type}, {text}) from issued
            """, cancel);
        return serial;
    }

    /// <summary>Whole seconds, as on the label.</summary>
    private static DateTimeOffset Now(SigningCase batch) => Whole(batch.Now);

    private static DateTimeOffset Whole(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(instant.ToUnixTimeSeconds());

    private static (string Type, string Text) Happened<T>(T happened) => (typeof(T).Name, Event.Text(happened));

    private sealed record CertificateDraft(CertificateId Id, long Amount, DateTimeOffset Until, CertificateId? Replaces);
}
