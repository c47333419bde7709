using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class ImportResultsTests(Market market) : IClassFixture<Market>
{
    private const string Heading = "sample;indicator;value;unit;method;uncertainty;analysedOn\n";

    [Fact]
    public async Task A_laboratorys_system_enters_many_samples_by_its_key_and_a_person_approves()
    {
        var system = await PlainKey();
        var (first, firstSeal) = await Sampled();
        var (second, _) = await Sampled();
        var secondSample = await market.Scalar<Guid>($"select id from certification.sample where application = '{second}'");
        var file = Heading + string.Concat(Row(firstSeal.ToLowerInvariant(), "lead", "<0,05"), Row(firstSeal, "Мышьяк", "0,05", "мг/кг", uncertainty: "0,01"), Row(firstSeal, "nitrates", "1 250,50"),
            Row(secondSample.ToString(), "lead", "0.1"), Row(secondSample.ToString(), "arsenic", "н/о"), Row(secondSample.ToString(), "nitrates", "50"));

        var tried = await Market.Body(await Import(system, Encoding.UTF8.GetBytes(file), query: "?dryRun=true"));
        Assert.True(tried["dryRun"]!.GetValue<bool>());
        Assert.Equal((0, 0), (await Entries(first), await Entries(second)));

        var bytes = Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(file.Replace(';', '\t'))).ToArray();
        var done = await Market.Body(await Import(system, bytes));
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Equal(hash, done["fileHash"]!.GetValue<string>());
        Assert.Equal(["fail", "incomplete"], done["samples"]!.AsArray().Select(sample => sample!["verdict"]!.GetValue<string>()).Order());
        Assert.Equal("arsenic equal 0.05 0.01, lead below 0.05, nitrates equal 1250.50", await market.Scalar<string>($"""
            select string_agg(concat_ws(' ', indicator, comparator, value, uncertainty), ', ' order by indicator) from certification.result where application = '{first}'
            """));
        Assert.Equal(2, await market.Scalar<long>($"select count(*) from certification.result_entry where file_hash = '{hash}'"));
        Assert.Equal(2, await market.Scalar<long>($"select count(*) from kernel.event where type = 'ResultsEntered' and payload like '%{hash}%'"));

        // Entering is the machine's, approving is not: not even by a key of the supervisor.
        var supervisor = await PlainKey(Role.LaboratorySupervisor);
        await Market.Problem(await market.Post(supervisor, $"/v1/applications/{first}/results/approval"), HttpStatusCode.Forbidden, "not-with-a-key");
        await Market.Body(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{first}/results/approval"));
    }

    [Fact]
    public async Task Every_bad_cell_is_named_at_once_and_nothing_is_entered()
    {
        var (application, seal) = await Sampled();
        var tomorrow = market.Clock.GetUtcNow().AddDays(2).ToString("dd.MM.yyyy", CultureInfo.InvariantCulture);
        string[] rows =
        [
            Row(seal, "nitrates", "12,345"), Row(seal, "leadd", "0,1"), Row(seal, "lead", "-0,1"), Row(seal, "lead", "abc"), Row(seal, "lead", "0,1", "Bq/kg"),
            Row(seal, "arsenic", "0,05", day: "31/08/2026"), Row(seal, "cadmium", "0,01", day: tomorrow), Row(seal, "cadmium", "0,01"),
            Row("NO-SUCH", "lead", "0,1"), Row(seal, "mercury", "0,01", uncertainty: "0,02"), Row(seal, "hch_sum", "0,1", method: "x"),
            Row(seal, "ddt_sum", "0,01", day: "2020-01-01"), Row(seal, "cs137", "", "Bq/kg"),
        ];
        var problem = await Market.Problem(await Import(Analyst, Encoding.UTF8.GetBytes(Heading + string.Concat(rows))), HttpStatusCode.BadRequest, "bad-rows");

        var named = problem["errors"]!.AsArray().Select(error => $"{error!["row"]} {error["column"]} {error["code"]} {error["suggestion"]}".TrimEnd()).ToList();
        Assert.Equal(
        [
            "2 value decimal-ambiguous 12,3450, 12345", "3 indicator unknown-indicator lead", "4 value value-negative", "5 value decimal-malformed",
            "6 unit wrong-unit mg/kg", "7 analysedOn bad-date", "8 analysedOn analysed-in-future", "9 indicator repeated-indicator", "10 sample unknown-sample",
            "11 uncertainty absurd-uncertainty", "12 method bad-length", "13 analysedOn analysed-before-sampled", "14 value decimal-malformed",
        ], named);
        Assert.Equal("#/rows/2/value", problem["errors"]![0]!["pointer"]!.GetValue<string>());
        Assert.Equal(0, await Entries(application));

        // One bad sample keeps the good one out, unless the good ones were asked for.
        var (fine, fineSeal) = await Sampled();
        var mixed = Encoding.UTF8.GetBytes(Heading + Row(fineSeal, "lead", "0,1") + Row(seal, "lead", "x"));
        await Market.Problem(await Import(Analyst, mixed), HttpStatusCode.BadRequest, "bad-rows");
        Assert.Equal(0, await Entries(fine));
        var part = await Market.Body(await Import(Analyst, mixed, query: "?mode=accept_valid"));
        Assert.Equal((1, 0, "decimal-malformed"), (await Entries(fine), await Entries(application), part["problems"]![0]!["code"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_sample_that_may_not_be_reported_says_why()
    {
        var colleague = await market.NewMember(Role.LaboratoryAnalyst, market.Cast(Role.LaboratoryAnalyst).Organisation);
        var (application, seal) = await Sampled();
        var analyst = await market.Scalar<Guid>($"select analyst from certification.application where id = '{application}'");
        var stranger = analyst == colleague.Person.Value ? Analyst : colleague;
        var assigned = analyst == colleague.Person.Value ? colleague : Analyst;
        var file = Encoding.UTF8.GetBytes(Heading + Row(seal, "lead", "0,1"));
        Assert.Equal("not-assigned", await CodeOf(await Import(stranger, file)));
        await Market.Body(await market.TakeSample(application));
        Assert.Equal("sample-superseded", await CodeOf(await Import(assigned, file)));
        var sample = await market.Scalar<Guid>($"select id from certification.sample where application = '{application}' order by number desc limit 1");
        file = Encoding.UTF8.GetBytes(Heading + Row(sample.ToString(), "lead", "0,1"));
        var receipt = new { act = "received", happenedAt = market.Clock.GetUtcNow(), sealIntact = false };
        await Market.Body(await market.Post(Role.LaboratoryAnalyst, $"/v1/samples/{sample}/custody-events", receipt));
        Assert.Equal("sample-void", await CodeOf(await Import(assigned, file)));
        var foreign = await market.NewMember(Role.LaboratoryAnalyst, market.Cast(Role.RetailBuyer).Organisation);
        Assert.Equal("unknown-sample", await CodeOf(await Import(foreign, file)));
        await market.Owner($"update identity.role_assignment set valid_until = kernel.now() where person_id = '{colleague.Person}'");
    }

    [Fact]
    public async Task A_file_that_is_no_text_or_no_table_is_refused_whole()
    {
        var (_, seal) = await Sampled();
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var cyrillic = Encoding.GetEncoding(1251).GetBytes(Heading + Row(seal, "Свинец", "0,1"));
        await Market.Problem(await Import(Analyst, cyrillic), HttpStatusCode.BadRequest, "not-utf8");
        await Market.Problem(await Import(Analyst, [1, 2, 0, 0, 3]), HttpStatusCode.BadRequest, "not-text");
        await Market.Problem(await Import(Analyst, Encoding.UTF8.GetBytes(Heading)), HttpStatusCode.BadRequest, "empty-file");
        Assert.Equal("unknown-column", await CodeOf(await Import(Analyst, "sample,indicator,value,unit,method,colour\n"u8.ToArray())));
        Assert.Equal("missing-column", await CodeOf(await Import(Analyst, "sample,indicator,value,unit\n"u8.ToArray())));
        Assert.Equal("too-many-cells", await CodeOf(await Import(Analyst, Encoding.UTF8.GetBytes($"sample,indicator,value,unit,method\n{seal},lead,0,1,mg/kg,M1\n"))));
        await Market.Problem(await Import(Analyst, new byte[1024 * 1024 + 1]), HttpStatusCode.RequestEntityTooLarge, "too-large");
    }

    [Fact]
    public async Task Rows_come_as_JSON_too_and_a_repeated_file_is_entered_once()
    {
        var (application, seal) = await Sampled();
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["rows"] = new JsonArray(new JsonObject { ["sample"] = seal, ["indicator"] = "lead", ["value"] = "0,1", ["unit"] = "mg/kg", ["method"] = "M1" }) }.ToJsonString());
        var key = Guid.NewGuid().ToString();
        await Market.Body(await Import(Analyst, body, "application/json", key: key));
        var again = await Import(Analyst, body, "application/json", key: key);
        Assert.True(again.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(1, await Entries(application));
        await Market.Problem(await Import(Analyst, [.. body, (byte)' '], "application/json", key: key), HttpStatusCode.UnprocessableEntity, "key-reused");
        await Market.Problem(await Import(Analyst, "{\"rows\":[{\"sample\":\"x\"}]}"u8.ToArray(), "application/json"), HttpStatusCode.BadRequest, "malformed");
        await Market.Problem(await Import(Analyst, "{\"rows\":[{\"sample\":\"x\\u0000\",\"indicator\":\"lead\",\"value\":\"1\",\"unit\":\"mg/kg\",\"method\":\"M1\"}]}"u8.ToArray(), "application/json"), HttpStatusCode.BadRequest, "not-text");
    }

    private Market.Member Analyst => market.Cast(Role.LaboratoryAnalyst);

    private static string Row(string sample, string indicator, string value, string unit = "mg/kg", string method = "ST RK 1505", string uncertainty = "", string day = "") =>
        $"{sample};{indicator};{value};{unit};{method};{uncertainty};{day}\n";

    private async Task<(Guid Application, string Seal)> Sampled()
    {
        var (application, _) = await market.SampledCase(await market.ActiveFarm());
        return (application, await market.Scalar<string>($"select seal_number from certification.sample where application = '{application}'"));
    }

    private Task<long> Entries(Guid application) => market.Scalar<long>($"select count(*) from certification.result_entry where application = '{application}'");

    private static async Task<string> CodeOf(HttpResponseMessage response) =>
        (await Market.Problem(response, HttpStatusCode.BadRequest, "bad-rows"))["errors"]![0]!["code"]!.GetValue<string>();

    /// <summary>A key of the laboratory's system: no test key, so it carries no second factor.</summary>
    private async Task<Market.Member> PlainKey(string role = Role.LaboratoryAnalyst)
    {
        var member = market.Cast(role);
        var made = await Market.Body(await market.Post(member, $"/v1/people/{member.Person}/keys", new { roles = new[] { role }, organisation = member.Organisation }));
        return member with { Key = made["key"]!.GetValue<string>() };
    }

    private async Task<HttpResponseMessage> Import(Market.Member member, byte[] file, string type = "text/csv", string query = "", string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/result-imports" + query) { Content = new ByteArrayContent(file) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Add("Idempotency-Key", key ?? Guid.NewGuid().ToString());
        return await market.As(member).SendAsync(request);
    }
}
