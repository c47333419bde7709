using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class CustodyTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_sample_that_travels_is_tested_only_after_it_arrived_under_an_intact_seal()
    {
        var (application, sample) = await Sampled();
        var laboratory = market.Cast(Role.LaboratoryAnalyst).Organisation!.Value;
        await Market.Body(await Link(sample, Role.Sampler, new { act = "handed_over", happenedAt = Now, toName = "Courier 7", toOrganisation = laboratory, temperature = 4.5 }));
        await Market.Problem(await market.EnterResults(application, Market.GoodResults("potato")), HttpStatusCode.Conflict, "not-received");
        Assert.Equal(0, await market.Scalar<long>($"select count(*) from certification.result_entry where application = '{application}'"));

        await Market.Problem(await Link(sample, Role.Sampler, Received(true)), HttpStatusCode.Conflict, "wrong-laboratory");
        var stranger = await market.NewMember(Role.LaboratoryAnalyst, market.Cast(Role.RetailBuyer).Organisation);
        await Market.Problem(await market.Post(stranger, $"/v1/samples/{sample}/custody-events", Received(true)), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await Link(sample, Role.LaboratoryAnalyst, new { act = "received", happenedAt = Now }), HttpStatusCode.BadRequest, "seal-state");
        var received = await Market.Body(await Link(sample, Role.LaboratoryAnalyst, Received(true)));

        var chain = received["custody"]!.AsArray().Where(link => link!["part"]!.GetValue<string>() == "test").ToList();
        Assert.Equal(["taken", "handed_over", "received"], chain.Select(link => link!["act"]!.GetValue<string>()));
        Assert.Equal("Courier 7", chain[2]!["fromName"]!.GetValue<string>());
        Assert.Equal(market.Cast(Role.Sampler).Person.Value, chain[1]!["fromPerson"]!.GetValue<Guid>());
        Assert.Equal((market.Cast(Role.LaboratoryAnalyst).Person.Value, laboratory.Value), (chain[2]!["toPerson"]!.GetValue<Guid>(), chain[2]!["toOrganisation"]!.GetValue<Guid>()));
        Assert.Equal(["taken"], received["custody"]!.AsArray().Where(link => link!["part"]!.GetValue<string>() == "retained").Select(link => link!["act"]!.GetValue<string>()));
        Assert.Equal((42.3m, 69.7m, 12), (received["latitude"]!.GetValue<decimal>(), received["longitude"]!.GetValue<decimal>(), received["increments"]!.GetValue<int>()));

        var order = await OrderOf(application);
        Assert.Equal(["arsenic", "lead", "nitrates"], order!["tests"]!.AsArray().Select(test => test!["indicator"]!.GetValue<string>()).Intersect(["arsenic", "lead", "nitrates"]));
        Assert.DoesNotContain("household", order.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        await Market.Body(await market.EnterResults(application, Market.GoodResults("potato")));
        Assert.Null(await OrderOf(application));
        Assert.Equal("approve-results", (await market.ReadCase(application))["task"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_broken_seal_voids_the_sample_and_asks_for_a_new_one()
    {
        var (application, sample) = await Sampled();
        await Market.Body(await market.EnterResults(application, Market.GoodResults("potato")));
        Assert.True((await Market.Body(await Link(sample, Role.LaboratoryAnalyst, Received(false))))["void"]!.GetValue<bool>());

        await Market.Problem(await market.EnterResults(application, Market.GoodResults("potato")), HttpStatusCode.Conflict, "sample-void");
        await Market.Problem(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"), HttpStatusCode.Conflict, "sample-void");
        await Market.Problem(await Link(sample, Role.LaboratoryAnalyst, new { act = "opened", happenedAt = Now }), HttpStatusCode.Conflict, "custody-order");
        var waiting = await market.ReadCase(application);
        Assert.Equal(("take-sample", market.Cast(Role.Sampler).Person.Value), (waiting["task"]!.GetValue<string>(), waiting["responsible"]!.GetValue<Guid>()));
        Assert.Null(await OrderOf(application));

        await Market.Body(await market.TakeSample(application));
        await Market.Body(await market.EnterResults(application, Market.GoodResults("potato")));
        await Market.Body(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"));
        var samples = await Market.Body(await market.Get(Role.Auditor, $"/v1/applications/{application}/samples"));
        Assert.Equal([true, false], samples.AsArray().Select(one => one!["void"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task A_chain_runs_forward_in_time_and_ends_with_the_destruction()
    {
        var (_, sample) = await Sampled();
        await Market.Problem(await Link(sample, Role.Sampler, new { act = "handed_over", happenedAt = Now }), HttpStatusCode.BadRequest, "no-taker");
        await Market.Problem(await Link(sample, Role.Sampler, new { act = "handed_over", happenedAt = Now.AddHours(-1), toName = "Courier" }), HttpStatusCode.Conflict, "custody-order");
        await Market.Problem(await Link(sample, Role.Sampler, new { act = "handed_over", happenedAt = Now.AddHours(1), toName = "Courier" }), HttpStatusCode.Conflict, "custody-in-future");
        await Market.Problem(await Link(sample, Role.Sampler, new { act = "opened", happenedAt = Now }), HttpStatusCode.Conflict, "custody-order");
        await Market.Problem(await Link(sample, Role.Sampler, new { act = "taken", happenedAt = Now }), HttpStatusCode.Conflict, "custody-order");
        await Market.Problem(await Link(sample, Role.Sampler, new { act = "opened", happenedAt = Now, part = "retained" }), HttpStatusCode.Conflict, "custody-order");
        foreach (var act in (string[])["received", "stored", "opened", "retained", "destroyed"])
        {
            await Market.Body(await Link(sample, Role.LaboratoryAnalyst, act == "received" ? Received(true) : new { act, happenedAt = Now }));
        }

        await Market.Problem(await Link(sample, Role.LaboratoryAnalyst, new { act = "stored", happenedAt = Now }), HttpStatusCode.Conflict, "custody-order");
    }

    [Fact]
    public async Task A_seal_is_used_once_whatever_part_it_closed_and_however_it_is_written()
    {
        var (_, sample) = await Sampled("Kz 77-a");
        var (application, _) = await market.AcceptedCase(await market.ActiveFarm());
        await Market.Problem(await market.TakeSample(application, sealNumber: "KZ77-A"), HttpStatusCode.Conflict, "seal-used");
        await Market.Problem(await market.TakeSample(application, sealNumber: "KZ77-A-2"), HttpStatusCode.Conflict, "seal-used");
        await Market.Problem(await market.Post(Role.Sampler, $"/v1/applications/{application}/samples", Taking("T-1", new { quantity = Grams(200), sealNumber = "t-1" })), HttpStatusCode.Conflict, "seal-used");
        await Market.Problem(await market.Post(Role.Sampler, $"/v1/applications/{application}/samples", Taking("T-2", new { quantity = Grams(1000), sealNumber = "T-3" })), HttpStatusCode.Conflict, "retained-too-much");
        Assert.Equal((0, 2), (await market.Scalar<long>($"select count(*) from certification.sample where application = '{application}'"),
            await market.Scalar<long>($"select count(*) from certification.seal where sample = '{sample}'")));
    }

    [Fact]
    public async Task A_sample_goes_to_the_laboratory_of_the_case_and_has_a_whole_position()
    {
        var (application, _) = await market.AcceptedCase(await market.ActiveFarm());
        var path = $"/v1/applications/{application}/samples";
        await Market.Problem(await market.Post(Role.Sampler, path, new { takenAt = Now, quantity = Grams(500), sealNumber = "W-1", laboratory = market.Cast(Role.RetailBuyer).Organisation }), HttpStatusCode.BadRequest, "wrong-laboratory");
        await Market.Problem(await market.Post(Role.Sampler, path, new { takenAt = Now, quantity = Grams(500), sealNumber = "W-1", latitude = 42 }), HttpStatusCode.BadRequest, "half-position");
        await Market.Problem(await market.Post(Role.Sampler, path, new { takenAt = Now, quantity = Grams(0), sealNumber = "W-1" }), HttpStatusCode.BadRequest, "no-quantity");
        await Market.Problem(await market.Post(Role.Sampler, path, new { takenAt = Now, quantity = Grams(500), sealNumber = "    " }), HttpStatusCode.BadRequest, "invalid");
        await Market.Body(await market.Post(Role.Sampler, path, new { takenAt = Now, quantity = Grams(1000), sealNumber = "W-1", retained = new { quantity = Grams(300), sealNumber = "W-2" }, laboratory = market.Cast(Role.LaboratoryAnalyst).Organisation }));
    }

    [Fact]
    public async Task The_database_keeps_chains_and_receipts_by_itself()
    {
        var (application, sample) = await Sampled();
        await Denied($"update certification.custody set to_name = 'X' where sample = '{sample}'");
        await Denied($"delete from certification.custody where sample = '{sample}'");
        await Denied($"insert into certification.seal (number, sample) values ('FREE', '{sample}')");
        await market.Refused(As(Role.Sampler) + Custody(sample, "handed_over", "now() - interval '1 day'"), "custody-order");
        await market.Refused(As(Role.Sampler) + Custody(sample, "handed_over", "now() + interval '1 day'"), "custody-in-future");
        await market.Refused(As(Role.Sampler) + Custody(sample, "destroyed", "now()"), "custody-order");
        await market.Refused(As(Role.RetailBuyer) + Custody(sample, "handed_over", "now()"), "not-assigned");
        await market.Refused(As(Role.Sampler) + Custody(sample, "received", "now()", "true"), "wrong-laboratory");
        var entry = $"insert into certification.result_entry (application, number, sample) values ('{application}', 1, '{sample}');";
        await market.AsApplication(As(Role.Sampler) + Custody(sample, "handed_over", "now()") + "commit");
        await market.Refused(As(Role.LaboratoryAnalyst) + entry, "not-received");
        await market.AsApplication(As(Role.LaboratoryAnalyst) + Custody(sample, "received", "now()", "false") + "commit");
        await market.Refused(As(Role.LaboratoryAnalyst) + entry, "sample-void");
    }

    [Fact]
    public async Task Of_two_receipts_at_once_one_is_the_receipt()
    {
        var (_, sample) = await Sampled();
        var answers = await market.Race($"select 1 from certification.sample where id = '{sample}' for update", 2, _ => Link(sample, Role.LaboratoryAnalyst, Received(true)));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        await Market.Problem(answers.Single(answer => !answer.IsSuccessStatusCode), HttpStatusCode.Conflict, "custody-order");
    }

    [Fact]
    public async Task A_scheme_may_ask_for_the_receipt_of_every_sample()
    {
        var (application, _) = await Sampled();
        await market.Owner("update certification.scheme set receipt_required = true where code = 'PLANT-BATCH'");
        await Market.Problem(await market.EnterResults(application, Market.GoodResults("potato")), HttpStatusCode.Conflict, "not-received");
        await market.Owner("update certification.scheme set receipt_required = false where code = 'PLANT-BATCH'");
        await Market.Body(await market.EnterResults(application, Market.GoodResults("potato")));
    }

    private DateTimeOffset Now => market.Clock.GetUtcNow().AddMilliseconds(-100);

    private object Received(bool intact) => new { act = "received", happenedAt = Now, sealIntact = intact, temperature = 6 };

    private static object Grams(long amount) => new { amount, unit = "GRM" };

    private object Taking(string seal, object? retained) => new
    {
        takenAt = Now.AddSeconds(-5), quantity = Grams(1000), sealNumber = seal, increments = 12, latitude = 42.3, longitude = 69.7,
        acknowledgedBy = "1207", photoHash = new string('a', 64), retained,
    };

    private async Task<(Guid Application, Guid Sample)> Sampled(string? seal = null)
    {
        var (application, _) = await market.AcceptedCase(await market.ActiveFarm());
        var number = seal ?? $"C-{application:N}"[..20];
        var sample = await Market.Body(await market.Post(Role.Sampler, $"/v1/applications/{application}/samples",
            Taking(number, new { quantity = Grams(300), sealNumber = number + "-2" })));
        return (application, sample["id"]!.GetValue<Guid>());
    }

    private Task<HttpResponseMessage> Link(Guid sample, string by, object link) => market.Post(by, $"/v1/samples/{sample}/custody-events", link);

    private async Task<JsonNode?> OrderOf(Guid application) =>
        (await Market.Body(await market.Get(Role.LaboratoryAnalyst, "/v1/test-orders?limit=200")))["items"]!.AsArray()
            .SingleOrDefault(order => order!["application"]!.GetValue<Guid>() == application);

    private string As(string role) =>
        $"begin; select set_config('app.person', '{market.Cast(role).Person}', true), set_config('app.organisation', '{market.Cast(role).Organisation}', true);";

    private static string Custody(Guid sample, string act, string at, string seal = "null") => $"""
        insert into certification.custody (sample, part, number, act, to_name, seal_intact, happened_at) values ('{sample}', 'test', 0, '{act}', 'Courier', {seal}, {at});
        """;

    private async Task Denied(string sql) => Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(sql))).SqlState);
}
