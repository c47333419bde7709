using System.Globalization;
using System.Xml.Linq;
using Marketplace.Settlement.Payouts;

namespace Marketplace.Tests.Settlement;

public sealed class BankFileTests
{
    private static readonly XNamespace Pain = BankFile.Namespace;
    private static readonly DateTimeOffset At = new(2026, 3, 1, 23, 30, 0, TimeSpan.FromHours(5));

    [Fact]
    public void What_is_written_reads_back()
    {
        CreditTransfer[] transfers =
        [
            new("0190a0b0c0d0e0f00102030405060708", 1_234_567, "Айгүл Серікова <&> \"Қоңыр\" 😀", "KZ86125KZT5004100100", "INV-2026-000001"),
            new("0190a0b0c0d0e0f00102030405060709", 5, new string('Ү', 139) + "😀😀", "1280010000000001", "INV-2026-000001"),
        ];
        var text = BankFile.Write("0190a0b0c0d0e0f0010203040506070a", At, "Birlik & Sons", "KZ11222KZT0000000001", "KZT", transfers);
        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?>", text, StringComparison.Ordinal);
        var root = XDocument.Parse(text).Root!.Element(Pain + "CstmrCdtTrfInitn")!;

        var header = root.Element(Pain + "GrpHdr")!;
        Assert.Equal(["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"], header.Elements().Select(one => one.Name.LocalName));
        Assert.Equal("2", header.Element(Pain + "NbOfTxs")!.Value);
        Assert.Equal("12345.72", header.Element(Pain + "CtrlSum")!.Value);
        Assert.Equal("2026-03-01T18:30:00Z", header.Element(Pain + "CreDtTm")!.Value);

        var payment = root.Element(Pain + "PmtInf")!;
        Assert.Equal(
            ["PmtInfId", "PmtMtd", "NbOfTxs", "CtrlSum", "ReqdExctnDt", "Dbtr", "DbtrAcct", "DbtrAgt", "CdtTrfTxInf", "CdtTrfTxInf"],
            payment.Elements().Select(one => one.Name.LocalName));
        Assert.Equal("NOTPROVIDED", payment.Element(Pain + "DbtrAgt")!.Value);

        var read = payment.Elements(Pain + "CdtTrfTxInf").ToList();
        Assert.All(read, one => Assert.Equal(["PmtId", "Amt", "Cdtr", "CdtrAcct", "RmtInf"], one.Elements().Select(element => element.Name.LocalName)));
        Assert.Equal(transfers.Select(one => one.EndToEndId), read.Select(one => one.Element(Pain + "PmtId")!.Value));
        Assert.All(read, one => Assert.InRange(one.Element(Pain + "PmtId")!.Value.Length, 1, 35));
        Assert.Equal(transfers[0].Name, read[0].Element(Pain + "Cdtr")!.Value);
        Assert.Equal(new string('Ү', 139), read[1].Element(Pain + "Cdtr")!.Value); // cut before half of a letter
        Assert.Equal("IBAN", read[0].Element(Pain + "CdtrAcct")!.Descendants().ElementAt(1).Name.LocalName);
        Assert.Equal("Othr", read[1].Element(Pain + "CdtrAcct")!.Descendants().ElementAt(1).Name.LocalName);
        Assert.Equal(
            decimal.Parse(header.Element(Pain + "CtrlSum")!.Value, CultureInfo.InvariantCulture),
            read.Sum(one => decimal.Parse(one.Element(Pain + "Amt")!.Value, CultureInfo.InvariantCulture)));
        Assert.All(read, one => Assert.Equal("KZT", one.Descendants(Pain + "InstdAmt").Single().Attribute("Ccy")!.Value));
    }

    [Fact]
    public void A_character_that_XML_cannot_hold_becomes_a_space()
    {
        var text = BankFile.Write("m", At, "Bir\u0001lik\ud800", "KZ11222KZT0000000001", "KZT", [new("e", 1, "A", "KZ1", "r")]);
        Assert.Equal("Bir lik ", XDocument.Parse(text).Descendants(Pain + "InitgPty").Single().Value);
    }
}
