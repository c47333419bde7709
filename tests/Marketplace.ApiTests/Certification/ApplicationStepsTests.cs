using System.Net;
using System.Text.Json;
using Marketplace.Certification;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

public sealed class ApplicationStepsTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task An_application_is_returned_once_and_again_only_by_the_quality_manager()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.SubmittedCase(farm);
        var path = $"/v1/applications/{application}";
        var missing = new { complete = false, missing = new[] { "Copy of the household book" } };
        await Market.Problem(await market.Post(Role.IntakeOfficer, path + "/completeness", new { complete = false }), HttpStatusCode.BadRequest, "missing-list");
        await Market.Problem(await market.Post(Role.IntakeOfficer, path + "/completeness", new { complete = true, missing = new[] { "Something" } }), HttpStatusCode.BadRequest, "missing-list");
        await Market.Body(await market.Post(Role.IntakeOfficer, path + "/completeness", missing));

        var returned = await market.ReadCase(application);
        Assert.Equal(("returned_incomplete", "complete-application"), (returned["stage"]!.GetValue<string>(), returned["task"]!.GetValue<string>()));
        Assert.Equal("Copy of the household book", returned["missing"]![0]!.GetValue<string>());

        await Market.Body(await market.Post(farm.Head, path + "/submission"));
        await Market.Problem(await market.Post(Role.IntakeOfficer, path + "/completeness", missing), HttpStatusCode.Conflict, "second-return");
        await Market.Body(await market.Post(Role.QualityManager, path + "/completeness", missing));
    }

    [Fact]
    public async Task Steps_out_of_turn_are_refused()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.SubmittedCase(farm);
        var path = $"/v1/applications/{application}";
        await Market.Problem(await market.Post(farm.Head, path + "/submission"), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.TakeSample(application), HttpStatusCode.Conflict, "not-assigned");
        await Market.Body(await market.Accept(application));
        await Market.Problem(await market.Post(Role.IntakeOfficer, path + "/completeness", new { complete = true }), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.EnterResults(application, Market.GoodResults("potato")), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.Post(Role.Reviewer, path + "/review", new { recommendGrant = true, reason = "Early." }), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Body(await market.Post(farm.Head, path + "/withdrawal"));
        await Market.Problem(await market.TakeSample(application), HttpStatusCode.Conflict, "wrong-stage");
    }

    [Fact]
    public async Task A_sample_is_neither_backdated_nor_from_the_future_and_its_seal_is_new()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.AcceptedCase(farm);
        await Market.Problem(await market.TakeSample(application, market.Clock.GetUtcNow().AddMinutes(5)), HttpStatusCode.Conflict, "sample-in-future");
        await Market.Problem(await market.TakeSample(application, market.Clock.GetUtcNow().AddDays(-32)), HttpStatusCode.Conflict, "sample-too-old");
        await Market.Body(await market.TakeSample(application, sealNumber: "SEAL-1"));
        await Market.Problem(await market.TakeSample(application, sealNumber: "SEAL-1"), HttpStatusCode.Conflict, "seal-used");
        Assert.Equal(1, await market.Scalar<long>($"select count(*) from certification.sample where application = '{application}'"));
    }

    [Fact]
    public async Task Results_name_known_indicators_once_in_the_units_of_their_limits()
    {
        var (application, _) = await market.SampledCase(await market.ActiveFarm());
        await Market.Problem(await market.EnterResults(application, new[] { Market.Value("unobtainium", 1) }), HttpStatusCode.BadRequest, "unknown-indicator");
        await Market.Problem(await market.EnterResults(application, new[] { Market.Value("lead", 1, "Bq/kg") }), HttpStatusCode.BadRequest, "wrong-unit");
        await Market.Problem(await market.EnterResults(application, new[] { Market.Value("lead", 0.1), Market.Value("lead", 0.2) }), HttpStatusCode.BadRequest, "repeated-indicator");
        await Market.Problem(await market.EnterResults(application, new[] { new { indicator = "lead", unit = "mg/kg", method = "AAS" } }), HttpStatusCode.BadRequest, "value-missing");
        await Market.Problem(await market.EnterResults(application, new[] { Market.Value("lead", -0.1) }), HttpStatusCode.BadRequest, "invalid");
        await Market.Problem(await market.EnterResults(application, Array.Empty<object>()), HttpStatusCode.BadRequest, "invalid");
        await Market.Problem(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"), HttpStatusCode.Conflict, "no-results");
        await Market.Body(await market.EnterResults(application, new[] { Market.Value("lead", 100, "ug/kg"), Market.Value("arsenic", 0.05), Market.Value("nitrates", 50) }));

        // A further sample makes the results those of goods that no longer count.
        await Market.Body(await market.TakeSample(application));
        await Market.Problem(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"), HttpStatusCode.Conflict, "no-results");
    }

    [Fact]
    public async Task A_household_without_a_cooperative_cannot_apply_and_a_stranger_sees_nothing()
    {
        var alone = await market.RegisteredFarm();
        await Market.Body(await market.Post(Role.OkrugAkim, $"/v1/households/{alone.Household}/confirmation"));
        await market.Get(alone.Head, "/v1/me"); // the first request after registering learns the new role
        var lot = await market.DeclaredLot(alone);
        await Market.Problem(await market.Post(alone.Head, "/v1/applications", new { lot }), HttpStatusCode.Conflict, "no-applicant");

        var farm = await market.ActiveFarm();
        var (application, own) = await market.DraftedCase(farm);
        await Market.Problem(await market.Post(farm.Head, "/v1/applications", new { lot = own }), HttpStatusCode.Conflict, "lot-applied-for");
        await Market.Problem(await market.Post(alone.Head, "/v1/applications", new { lot = own }), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(alone.Head, $"/v1/applications/{application}"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(alone.Head, $"/v1/applications/{application}/submission"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(alone.Head, $"/v1/applications/{application}/withdrawal"), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(farm.Head, "/v1/applications", new { lot = own, scheme = "NO-SUCH" }), HttpStatusCode.Conflict, "no-scheme");
        await Market.Problem(await market.Post(farm.Head, "/v1/applications", new { lot = own, scheme = "MILK-DAILY" }), HttpStatusCode.Conflict, "scheme-not-for-product");
        var mine = await Market.Body(await market.Get(farm.Head, "/v1/applications?stage=draft"));
        Assert.Equal(application, mine["items"]![0]!["id"]!.GetValue<Guid>());
        await Market.Problem(await market.Get(farm.Head, "/v1/applications?stage=nonsense"), HttpStatusCode.BadRequest, "invalid");
        foreach (var stage in Enum.GetValues<CertificationStage>())
        {
            Assert.Equal(HttpStatusCode.OK, (await market.Get(farm.Head, $"/v1/applications?stage={JsonNamingPolicy.SnakeCaseLower.ConvertName(stage.ToString())}")).StatusCode);
        }

    }

    [Fact]
    public async Task Numbers_follow_each_other_without_gaps_or_twins()
    {
        var farm = await market.ActiveFarm();
        var drafts = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            drafts.Add((await market.DraftedCase(farm)).Application);
        }

        var answers = await market.Race("select 1 from certification.numbering where kind = 'application' for update", 5,
            at => market.Post(farm.Head, $"/v1/applications/{drafts[at]}/submission"));
        var numbers = new List<int>();
        foreach (var answer in answers)
        {
            numbers.Add(int.Parse((await Market.Body(answer))["number"]!.GetValue<string>()[2..], System.Globalization.CultureInfo.InvariantCulture));
        }

        Assert.Equal(4, numbers.Max() - numbers.Min());
        Assert.Equal(5, numbers.Distinct().Count());
    }
}
