using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Issues certificates, each in the transaction of the decision that allows it.</summary>
internal static class IssueCertificate
{
    /// <summary>The certificate of a granting decision; its serial.</summary>
    public static async Task<Outcome<string>> Issue(
        CertificationApplication application, Database database, ILotAccounts accounts, ILots lots, Secrets secrets, CancellationToken cancel)
    {
        var terms = await TermsOf(application, database, cancel);
        // The certificate runs from the decision, not from the application: a lot may wait weeks for the laboratory.
        var from = Now(application);
        var byLot = Place.EndOf(application.ExpiresOn, application.Country);
        var byScheme = from.AddDays(terms.ValidityDays);
        var until = byScheme < byLot ? byScheme : byLot;
        if (until <= from)
        {
            return new Refusal("lot-expired", "The shelf life of this lot is over.");
        }

        var id = CertificateId.New();
        if (await accounts.Credit(id, [new LotPart(application.Lot, application.Amount)], until, cancel) is { } refused)
        {
            return refused;
        }

        return await Sign(new CertificateDraft(id, application.Amount, until, null), terms, application, serial => Happened(new CertificateIssued(
            id, serial, application.Lot, application.Scheme, new Quantity(application.Amount, application.Unit), until)), database, lots, secrets, cancel);
    }

    /// <summary>The certificate that takes the place of a replaced one, on the terms of the approved replacement; its serial.</summary>
    public static async Task<Outcome<string>> Replace(
        CertificationApplication application, Certificate replaced, long amount, DateTimeOffset until, Database database, ILotAccounts accounts, ILots lots,
        Secrets secrets, CancellationToken cancel)
    {
        var terms = await TermsOf(application, database, cancel);
        var id = CertificateId.New();
        if (await accounts.Recredit(replaced.Id, id, new LotPart(application.Lot, amount), until, cancel) is { } refused)
        {
            return refused;
        }

        return await Sign(new CertificateDraft(id, amount, until, replaced.Id), terms, application, serial => Happened(new CertificateReplaced(
            id, serial, replaced.Id, application.Lot, application.Scheme, new Quantity(amount, application.Unit), until)), database, lots, secrets, cancel);
    }

    private static async Task<Outcome<string>> Sign(
        CertificateDraft draft, Terms terms, CertificationApplication application, Func<string, (string Type, string Text)> happened, Database database, ILots lots,
        Secrets secrets, CancellationToken cancel)
    {
        var from = Now(application);
        var issuer = application.Body!.Value;
        var year = from.ToOffset(Place.Offset(application.Country)).Year;
        var kind = string.Create(CultureInfo.InvariantCulture, $"certificate-{application.Country}-{year}");
        var serial = Serial.Make(application.Country, year, await CaseWork.NextNumber(kind, database, cancel));
        var key = await SigningKey.InUse(database, secrets, cancel);
        var claims = new LabelClaims(serial, application.Lot.Value, application.Product.Value, draft.Amount, application.Unit, application.Village.Value,
            issuer.Value, from, draft.Until);
        var label = key.Sign(claims);
        var readBack = Label.Verify(label, [new IssuerKey(key.KeyId, Convert.ToBase64String(key.PublicKey), DateTimeOffset.MinValue)], from).Claims;
        if (CertificateLint.First(new Signing(SigningCase.Of(application), (await lots.Of([application.Lot], cancel)).GetValueOrDefault(application.Lot),
            draft.Amount, new SigningTerms(terms.ValidityDays, terms.RuleGroups), terms.Allowed, claims, label, readBack)) is { } wrong)
        {
            return wrong;
        }

        var (type, text) = happened(serial);

        // The stop switch, the decision, what it covered and the key are checked by the table's triggers, inside this transaction.
        await database.Execute($"""
            with issued as (
                insert into certification.certificate (id, serial, application, lot, household, applicant, issuer, product, village, amount, unit,
                       scheme, scheme_version, valid_from, valid_until, key_id, label, replaces)
                values ({draft.Id}, {serial}, {application.Id}, {application.Lot}, {application.Household}, {application.Applicant}, {issuer},
                       {application.Product}, {application.Village}, {draft.Amount}, {application.Unit}, {application.Scheme},
                       {application.SchemeVersion}, {from}, {draft.Until}, {key.KeyId}, {label}, {draft.Replaces})
                returning id)
            select kernel.append(id, {type}, {text}) from issued
            """, cancel);
        return serial;
    }

    private static async Task<Terms> TermsOf(CertificationApplication application, Database database, CancellationToken cancel) =>
        (await database.Find<Terms>($"""
            select s.validity_days, s.rule_groups, coalesce((select allowed from certification.issuance where body = {application.Body}), false) as allowed
              from certification.scheme s where s.code = {application.Scheme} and s.version = {application.SchemeVersion}
            """, cancel))!;

    /// <summary>Whole seconds, as on the label.</summary>
    private static DateTimeOffset Now(CertificationApplication application) => DateTimeOffset.FromUnixTimeSeconds(application.Now.ToUnixTimeSeconds());

    private static (string Type, string Text) Happened<T>(T happened) => (typeof(T).Name, Event.Text(happened));

    private sealed record CertificateDraft(CertificateId Id, long Amount, DateTimeOffset Until, CertificateId? Replaces);

    private sealed record Terms(int ValidityDays, string[] RuleGroups, bool Allowed);
}
