using System.Globalization;
using System.Text;
using System.Xml;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Payouts;

/// <summary>GET /v1/payout-batches/{id}/pain.001.</summary>
public static class ReadBankFile
{
    internal static void Map(RouteGroupBuilder batches) => batches.MapGet("/{id}/pain.001", Handle).WithName("readPayoutBankFile")
        .Requires(stepUp: true, Role.PayoutOfficer, Role.PayoutApprover).Produces<string>(200, "application/xml");

    /// <summary>Take the bank file of an approved batch.</summary>
    /// <remarks>ISO 20022 pain.001.001.09, the same bytes every time. It holds names and accounts, so a fresh second factor is needed.
    /// 409 `wrong-stage` before approval; 409 `no-payer-account` when the organisation has no account on file; 404 `not-found`.</remarks>
    public static async Task<Results<ContentHttpResult, ProblemHttpResult>> Handle(
        PayoutBatchId id, HttpContext http, Database database, IOrganisations organisations, Secrets secrets, CancellationToken cancel)
    {
        var file = await Make(id, database, organisations, secrets, cancel);
        if (file.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"pain.001-{id.Value:N}.xml\"";
        return TypedResults.Text(file.Value!, "application/xml", Encoding.UTF8);
    }

    internal static async Task<Outcome<string>> Make(
        PayoutBatchId id, Database database, IOrganisations organisations, Secrets secrets, CancellationToken cancel)
    {
        if (await PayoutBatch.Find(id, database, cancel) is not { } batch)
        {
            return Refusal.NotFound;
        }

        if (batch.ApprovedAt is not { } approvedAt)
        {
            return SettlementRefusals.WrongStage;
        }

        var payer = (await organisations.Of([batch.OrganisationId], cancel)).GetValueOrDefault(batch.OrganisationId);
        if (payer?.Iban is not { } iban)
        {
            return new Refusal("no-payer-account", "The organisation has no bank account on file.");
        }

        var rows = await database.List<Row>($"""
            select p.id, p.amount, p.account_sealed, i.number from settlement.payout p join settlement.invoice i on i.id = p.invoice_id
             where p.batch_id = {id} order by p.id
            """, cancel);
        var transfers = rows.Select(row =>
        {
            var account = PaidTo.Open(row.Id, row.AccountSealed, secrets);
            return new CreditTransfer(row.Id.Value.ToString("N"), row.Amount, account.Holder, account.Iban, row.Number);
        });
        return BankFile.Write(id.Value.ToString("N"), approvedAt, payer.Name, iban, batch.Currency, [.. transfers]);
    }

    private sealed record Row(PayoutId Id, long Amount, byte[] AccountSealed, string Number);
}

/// <summary>One credit transfer of a bank file.</summary>
/// <param name="EndToEndId">At most 35 characters; comes back on the statement.</param>
/// <param name="Minor">Amount in minor units.</param>
/// <param name="Name">The creditor.</param>
/// <param name="Account">The creditor's IBAN.</param>
/// <param name="Remittance">What the creditor reads.</param>
internal sealed record CreditTransfer(string EndToEndId, long Minor, string Name, string Account, string Remittance);

/// <summary>ISO 20022 customer credit transfer initiation, message pain.001.001.09: pure.</summary>
internal static class BankFile
{
    public const string Namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

    /// <summary>The message; names stay as written, in UTF-8.</summary>
    public static string Write(
        string message, DateTimeOffset at, string payer, string payerAccount, string currency, IReadOnlyList<CreditTransfer> transfers)
    {
        var text = new Utf8Text();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n" }))
        {
            var count = transfers.Count.ToString(CultureInfo.InvariantCulture);
            var sum = Amount(transfers.Sum(transfer => transfer.Minor));
            xml.WriteStartElement("Document", Namespace);
            xml.WriteStartElement("CstmrCdtTrfInitn");

            xml.WriteStartElement("GrpHdr");
            xml.WriteElementString("MsgId", message);
            xml.WriteElementString("CreDtTm", at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
            xml.WriteElementString("NbOfTxs", count);
            xml.WriteElementString("CtrlSum", sum);
            Party(xml, "InitgPty", payer);
            xml.WriteEndElement();

            xml.WriteStartElement("PmtInf");
            xml.WriteElementString("PmtInfId", message);
            xml.WriteElementString("PmtMtd", "TRF");
            xml.WriteElementString("NbOfTxs", count);
            xml.WriteElementString("CtrlSum", sum);
            xml.WriteStartElement("ReqdExctnDt");
            xml.WriteElementString("Dt", at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            xml.WriteEndElement();
            Party(xml, "Dbtr", payer);
            Account(xml, "DbtrAcct", payerAccount, currency);

            // The bank knows itself; its code is not ours to keep.
            xml.WriteStartElement("DbtrAgt");
            xml.WriteStartElement("FinInstnId");
            xml.WriteStartElement("Othr");
            xml.WriteElementString("Id", "NOTPROVIDED");
            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteEndElement();

            foreach (var transfer in transfers)
            {
                xml.WriteStartElement("CdtTrfTxInf");
                xml.WriteStartElement("PmtId");
                xml.WriteElementString("EndToEndId", transfer.EndToEndId);
                xml.WriteEndElement();
                xml.WriteStartElement("Amt");
                xml.WriteStartElement("InstdAmt");
                xml.WriteAttributeString("Ccy", currency);
                xml.WriteString(Amount(transfer.Minor));
                xml.WriteEndElement();
                xml.WriteEndElement();
                Party(xml, "Cdtr", transfer.Name);
                Account(xml, "CdtrAcct", transfer.Account, null);
                xml.WriteStartElement("RmtInf");
                xml.WriteElementString("Ustrd", Cut(transfer.Remittance, 140));
                xml.WriteEndElement();
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return text.ToString();
    }

    private static void Party(XmlWriter xml, string element, string name)
    {
        xml.WriteStartElement(element);
        xml.WriteElementString("Nm", Cut(name, 140));
        xml.WriteEndElement();
    }

    private static void Account(XmlWriter xml, string element, string iban, string? currency)
    {
        xml.WriteStartElement(element);
        xml.WriteStartElement("Id");
        if (iban.Length is >= 5 and <= 34 && char.IsAsciiLetterUpper(iban[0]) && char.IsAsciiLetterUpper(iban[1]) && char.IsAsciiDigit(iban[2])
            && char.IsAsciiDigit(iban[3]))
        {
            xml.WriteElementString("IBAN", iban);
        }
        else
        {
            // Kyrgyz banks number accounts without a country prefix.
            xml.WriteStartElement("Othr");
            xml.WriteElementString("Id", Cut(iban, 34));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        if (currency is not null)
        {
            xml.WriteElementString("Ccy", currency);
        }

        xml.WriteEndElement();
    }

    private static string Amount(long minor) => (minor / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>At most so many characters, never half a letter; characters XML cannot hold become spaces.</summary>
    private static string Cut(string text, int most)
    {
        var clean = string.Concat(text.Select((character, at) =>
            XmlConvert.IsXmlChar(character) || (char.IsHighSurrogate(character) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
            || (char.IsLowSurrogate(character) && at > 0 && char.IsHighSurrogate(text[at - 1])) ? character : ' '));
        return clean.Length <= most ? clean : clean[..(char.IsHighSurrogate(clean[most - 1]) ? most - 1 : most)];
    }

    /// <summary>A text writer that says UTF-8 in the XML declaration; the default one says UTF-16.</summary>
    private sealed class Utf8Text() : StringWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => Encoding.UTF8;
    }
}
