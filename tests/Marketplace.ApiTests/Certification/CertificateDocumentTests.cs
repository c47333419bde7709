using System.Net;
using System.Text;
using Marketplace.Certification;
using Marketplace.Contracts;
using Marketplace.Kernel;
using UglyToad.PdfPig;

namespace Marketplace.ApiTests.Certification;

public sealed class CertificateDocumentTests(Market market) : IClassFixture<Market>
{
    [Theory]
    [InlineData("kk", "Картоп", "100 кг", "Шынайы, жарамды", "QR-кодты тексеріңіз")]
    [InlineData("ru", "Картофель", "100 кг", "Подлинный, действует", "Проверьте QR")]
    [InlineData("ky", "Картошка", "100 кг", "Чыныгы, жарактуу", "QR-кодду текшериңиз")]
    [InlineData("en", "Potatoes", "100 kg", "Genuine and valid", "Check the QR")]
    public async Task The_print_says_what_the_page_says_in_letters_a_machine_can_read(string language, string product, string quantity, string state, string check)
    {
        var farm = await market.ActiveFarm();
        var story = await market.CertifiedLot(farm);
        var shown = await Market.Body(await market.Get((string?)null, $"/v1/certificates/{story.Serial}"));
        var answer = await market.Get((string?)null, $"/v1/certificates/{story.Serial}/document?lang={language}");
        Assert.Equal((HttpStatusCode.OK, "application/pdf"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.InRange(bytes.Length, 5_000, 60_000);

        var text = Text(bytes);
        string Day(string member) => shown[member]!.GetValue<DateTimeOffset>().ToOffset(TimeSpan.FromHours(5)).ToString("dd.MM.yyyy");
        string[] said =
        [
            "№ " + story.Serial, product, quantity, state, check, "PLANT-BATCH", "Sapa", Day("validFrom"), Day("validUntil"), story.Lot.ToString(),
            shown[language is "kk" or "ky" ? "villageNameKk" : "villageNameRu"]!.GetValue<string>(),
        ];
        Assert.All(said, one => Assert.Contains(Flat(one), text, StringComparison.Ordinal));
        Assert.DoesNotContain(farm.Household.ToString(), text, StringComparison.Ordinal);
        var page = await (await market.Get((string?)null, $"/{language}/c/{story.Serial}")).Content.ReadAsStringAsync();
        Assert.Contains($"/v1/certificates/{story.Serial}/document?lang={language}", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replaced_certificate_prints_its_state_and_its_successor()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        var proposal = await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{story.Serial}/replacements", new { reason = "A wrong print." }));
        var decided = await Market.Body(await market.Post(
            Role.DecisionMaker, $"/v1/certificates/{story.Serial}/replacements/{proposal["id"]}/decision", new { approved = true, reason = "Seen." }));
        var print = await (await market.Get((string?)null, $"/v1/certificates/{story.Serial}/document?lang=en")).Content.ReadAsByteArrayAsync();
        Assert.Contains(Flat("Replaced by another certificate"), Text(print), StringComparison.Ordinal);
        Assert.Contains(decided["successor"]!.GetValue<string>(), Text(print), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_serial_or_language_prints_nothing()
    {
        await Market.Problem(await market.Get((string?)null, "/v1/certificates/KZ-26-000000-1/document?lang=kk"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get((string?)null, "/v1/certificates/KZ-26-000000-1/document?lang=de"), HttpStatusCode.BadRequest, "invalid");
    }

    [Fact]
    public void Every_letter_of_the_four_languages_can_be_printed_and_read_back_by_several_at_once()
    {
        string[] languages = ["kk", "ru", "ky", "en"];
        const string letters = "ӘәҒғҚқҢңӨөҰұҮүҺһІіЁёЪъ₸№";
        var details = new CertificateDetails("KZ-26-000001-0", CertificateState.Active, ProductCode.From("potato"), letters, letters, letters, letters,
            TerritoryCode.From("kz-615230100"), letters, letters, LotId.New(), new Quantity(1_234_567, "GRM"), new Quantity(0, "GRM"),
            OrganisationId.New(), string.Join(' ', Enumerable.Repeat("Сертификаттау органы", 12)), "PLANT-BATCH", 1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1),
            "MP1:" + new string('A', 260), "", null, null, null);
        var prints = Enumerable.Range(0, 8).AsParallel().WithDegreeOfParallelism(8)
            .Select(at => Text(CertificateDocument.Print(new CertificateText(details, languages[at % 4]), DateTimeOffset.UnixEpoch))).ToList();
        Assert.All(prints, text => Assert.Contains(letters, text, StringComparison.Ordinal));
    }

    private static string Text(byte[] pdf)
    {
        using var document = PdfDocument.Open(pdf);
        Assert.Equal(1, document.NumberOfPages);
        var text = new StringBuilder();
        foreach (var letter in document.GetPage(1).Letters)
        {
            text.Append(letter.Value);
        }

        return Flat(text.ToString());
    }

    // Where a line breaks is a matter of width, not of words.
    private static string Flat(string text) => string.Concat(text.Where(character => !char.IsWhiteSpace(character)));
}
