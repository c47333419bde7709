using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Issues the certificate of a granting decision, in the decision's own transaction.</summary>
internal static class IssueCertificate
{
    public static async Task<Outcome<string>> Issue(
        CertificationApplication application, Database database, ILotAccounts accounts, Secrets secrets, CancellationToken cancel)
    {
        var validity = await database.Value<int>($"""
            select validity_days from certification.scheme where code = {application.Scheme} and version = {application.SchemeVersion}
            """, cancel);
        // The certificate runs from the decision, not from the application: a lot may wait weeks for the laboratory. Whole seconds, as on the label.
        var from = DateTimeOffset.FromUnixTimeSeconds(application.Now.ToUnixTimeSeconds());
        var byLot = Place.EndOf(application.ExpiresOn, application.Country);
        var until = from.AddDays(validity) < byLot ? from.AddDays(validity) : byLot;
        if (until <= from)
        {
            return new Refusal("lot-expired", "The shelf life of this lot is over.");
        }

        var id = CertificateId.New();
        if (await accounts.Credit(id, [new LotPart(application.Lot, application.Amount)], until, cancel) is { } refused)
        {
            return refused;
        }

        var year = from.ToOffset(TimeSpan.FromHours(application.Country == "KG" ? 6 : 5)).Year;
        var kind = string.Create(CultureInfo.InvariantCulture, $"certificate-{application.Country}-{year}");
        var serial = Serial.Make(application.Country, year, await CaseWork.NextNumber(kind, database, cancel));
        var key = await SigningKey.InUse(database, secrets, cancel);
        var issuer = application.Body!.Value;
        var label = key.Sign(new LabelClaims(serial, application.Lot.Value, application.Product.Value, application.Amount, application.Unit,
            application.Village.Value, issuer.Value, from, until));

        // The stop switch, the decision, what it covered and the key are checked by the table's triggers, inside this transaction.
        var happened = new CertificateIssued(id, serial, application.Lot, application.Scheme, new Quantity(application.Amount, application.Unit), until);
        await database.Execute($"""
            with issued as (
                insert into certification.certificate (id, serial, application, lot, household, applicant, issuer, product, village, amount, unit,
                       scheme, scheme_version, valid_from, valid_until, key_id, label)
                values ({id}, {serial}, {application.Id}, {application.Lot}, {application.Household}, {application.Applicant}, {issuer},
                       {application.Product}, {application.Village}, {application.Amount}, {application.Unit}, {application.Scheme},
                       {application.SchemeVersion}, {from}, {until}, {key.KeyId}, {label})
                returning id)
            select kernel.append(id, {nameof(CertificateIssued)}, {Event.Text(happened)}) from issued
            """, cancel);
        return serial;
    }
}
