using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

/// <summary>What a co-operative has on file is its own, and nobody applies in its name without it.</summary>
public sealed class ApplicantsPapersTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_household_sees_that_its_applicants_paper_is_there_and_nothing_more()
    {
        var farm = await market.ActiveFarm();
        var manager = market.Cast(Role.CooperativeManager);
        var (first, _) = await Drafted(await market.ActiveFarm());
        var scan = await Market.Body(await market.SendFile(manager, first, Marketplace.Tests.SampleFiles.Pdf("/Title (Recipe of the co-operative)")));
        var file = scan["hash"]!.GetValue<string>();
        var recipe = await Market.Body(await market.Post(manager, $"/v1/applications/{first}/documents",
            new { @new = new { requirement = "recipe", number = "R-77", issuer = "Birlik", files = new[] { file } } }));

        var (second, _) = await Drafted(farm);
        var seen = Submission(await Market.Body(await market.Get(farm.Head, $"/v1/applications/{second}")));
        Assert.Equal("on_file", seen["state"]!.GetValue<string>());
        Assert.Equal((null, null, null), (seen["document"], seen["holder"], seen["since"]));
        Assert.Equal(recipe["id"]!.GetValue<Guid>(), Submission(await Market.Body(await market.Get(manager, $"/v1/applications/{second}")))["document"]!.GetValue<Guid>());

        var documents = $"/v1/applications/{second}/documents";
        Assert.DoesNotContain("R-77", (await Market.Body(await market.Get(farm.Head, documents))).ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("R-77", (await Market.Body(await market.Get(manager, documents))).ToJsonString(), StringComparison.Ordinal);
        await Market.Problem(await market.Get(farm.Head, $"/v1/applications/{second}/files/{file}"), HttpStatusCode.NotFound, "not-found");
        Assert.Equal(HttpStatusCode.OK, (await market.Get(manager, $"/v1/applications/{second}/files/{file}")).StatusCode);
        await Market.Problem(await market.Post(farm.Head, documents, new { onFile = recipe["id"]!.GetValue<Guid>() }), HttpStatusCode.NotFound, "not-found");

        // Neither a newer one nor a correction takes the place of the co-operative's own.
        foreach (var supersedes in (Guid?[])[null, recipe["id"]!.GetValue<Guid>()])
        {
            await Market.Problem(await market.Post(farm.Head, documents, new { @new = new { requirement = "recipe", number = "R-78", issuer = "Me", supersedes } }),
                HttpStatusCode.Conflict, "applicants-document");
        }

        // In the case where the manager attached it, the other household does not read it either.
        var other = await HeadOf(first);
        await Market.Problem(await market.Get(other, $"/v1/applications/{first}/files/{file}"), HttpStatusCode.NotFound, "not-found");
        Assert.Empty((await Market.Body(await market.Get(other, $"/v1/applications/{first}/files"))).AsArray());
        Assert.Single((await Market.Body(await market.Get(manager, $"/v1/applications/{first}/files"))).AsArray());

        static JsonNode Submission(JsonNode details) =>
            details["submissions"]!.AsArray().Single(one => one!["requirement"]!.GetValue<string>() == "recipe")!;
    }

    [Fact]
    public async Task Nobody_applies_in_the_name_of_a_cooperative_that_has_not_accepted_them()
    {
        var farm = await market.RegisteredFarm();
        await Market.Body(await market.Post(Role.OkrugAkim, $"/v1/households/{farm.Household}/confirmation"));
        var (path, manager) = ($"/v1/households/{farm.Household}", market.Cast(Role.CooperativeManager));
        await Market.Problem(await market.Post(manager, path + "/applicant-acceptance"), HttpStatusCode.NotFound, "not-found");
        await Market.Body(await market.Put(farm.Head, path + "/applicant", new { organisation = manager.Organisation }));
        var lot = await market.DeclaredLot(farm);
        await Market.Problem(await market.Post(farm.Head, "/v1/applications", new { lot }), HttpStatusCode.Conflict, "applicant-not-accepted");

        // Filed by the co-operative's own people, or accepted by them: then it stands.
        var drafted = (await Market.Body(await market.Post(manager, "/v1/applications", new { lot })))["id"]!.GetValue<Guid>();
        await Market.Problem(await market.Post(farm.Head, $"/v1/applications/{drafted}/submission"), HttpStatusCode.Conflict, "applicant-not-accepted");
        await Market.Problem(await market.Post(farm.Head, path + "/applicant-acceptance"), HttpStatusCode.Forbidden, "forbidden");
        var stranger = await market.NewMember(Role.CooperativeManager, market.Cast(Role.RetailBuyer).Organisation);
        await Market.Problem(await market.Post(stranger, path + "/applicant-acceptance"), HttpStatusCode.NotFound, "not-found");
        await Market.Body(await market.Post(manager, path + "/applicant-acceptance"));
        await Market.Body(await market.Post(manager, path + "/applicant-acceptance"));
        Assert.NotNull((await Market.Body(await market.Get(farm.Head, path)))["applicantAcceptedAt"]);

        // Who leaves and comes back is asked for again.
        await Market.Body(await market.Put(farm.Head, path + "/applicant", new { }));
        await Market.Body(await market.Put(farm.Head, path + "/applicant", new { organisation = manager.Organisation }));
        await Market.Problem(await market.Post(farm.Head, $"/v1/applications/{drafted}/submission"), HttpStatusCode.Conflict, "applicant-not-accepted");
        await Market.Body(await market.Post(manager, path + "/applicant-acceptance"));
        await Market.Body(await market.Post(farm.Head, $"/v1/applications/{drafted}/submission"));
    }

    [Theory]
    [InlineData(Role.CooperativeManager, Role.RetailBuyer)]
    [InlineData(Role.RetailBuyer, Role.CooperativeManager)]
    public async Task The_database_takes_an_acceptance_from_the_applicants_manager_only(string role, string organisation)
    {
        var farm = await market.RegisteredFarm();
        var (manager, path) = (market.Cast(Role.CooperativeManager), $"/v1/households/{farm.Household}/applicant");
        await Market.Body(await market.Put(farm.Head, path, new { organisation = manager.Organisation }));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"""
            select set_config('app.person', '{manager.Person}', false), set_config('app.roles', '{role}', false),
                   set_config('app.organisation', '{market.Cast(organisation).Organisation}', false);
            update registry.household set applicant_accepted_by = '{manager.Person}', applicant_accepted_at = now() where id = '{farm.Household}'
            """));
        Assert.Equal("not-the-applicant", refused.ConstraintName);
    }

    private async Task<(Guid Application, LotId Lot)> Drafted(Market.Farm farm)
    {
        heads[farm.Household] = farm.Head;
        await market.PublishRichSchemes();
        await market.Owner($"update certification.scheme set required_submissions = array['recipe'] where code = '{Market.OnPaper}'");
        var lot = await market.DeclaredLot(farm);
        return ((await Market.Body(await market.Post(farm.Head, "/v1/applications", new { lot, scheme = Market.OnPaper })))["id"]!.GetValue<Guid>(), lot);
    }

    private readonly Dictionary<HouseholdId, Market.Member> heads = [];

    private async Task<Market.Member> HeadOf(Guid application) =>
        heads[HouseholdId.From(await market.Scalar<Guid>($"select household from certification.application where id = '{application}'"))];
}
