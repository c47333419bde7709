using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Certification;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class SchemeTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Every_product_has_a_default_scheme_that_covers_it()
    {
        Assert.Equal(63, await market.Scalar<long>("select count(*) from supply.product"));
        Assert.Equal("", await market.Scalar<string>("""
            select coalesce(string_agg(p.code, ' '), '') from supply.product p
             where not exists (select from certification.scheme s where s.code = p.scheme and p.rule_group = any (s.rule_groups)
                                  and s.version = certification.scheme_in_force(p.scheme, current_date))
            """));
        var listed = (await Market.Body(await market.Get((string?)null, "/v1/schemes"))).AsArray();
        Assert.Equal(20, listed.Select(scheme => scheme!["code"]!.GetValue<string>()).Distinct().Count());
    }

    [Fact]
    public async Task The_file_the_tables_and_the_wire_say_the_same()
    {
        foreach (var (code, version, terms) in SchemeTemplates.All())
        {
            var read = (await Market.Body(await market.Get((string?)null, $"/v1/schemes/{code}/versions/{version}"))).Deserialize();
            Assert.Empty(SchemeComparison.Between(Sorted(terms), Sorted(read)));
        }

        await Market.Problem(await market.Get((string?)null, "/v1/schemes/PLANT-BATCH/versions/999"), HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Steps_without_a_legal_basis_are_reported()
    {
        var report = (await Market.Body(await market.Get(Role.Auditor, "/v1/schemes/report"))).AsArray();
        Assert.All(report.TakeWhile(found => Is(found, "problem", "no_basis")), found => Assert.Equal("BRAND", found!["code"]!.GetValue<string>()));
        Assert.Contains(report, found => Is(found, "code", "BRAND") && Is(found, "task", "inspect-site") && Is(found, "problem", "no_basis"));
        Assert.Contains(report, found => Is(found, "code", "PLANT-BATCH") && Is(found, "problem", "not_verified"));
        Assert.DoesNotContain(report, found => Is(found, "code", "ORG-TC") && Is(found, "task", "review-documents"));

        static bool Is(JsonNode? found, string member, string value) => found![member]!.GetValue<string>() == value;
    }

    [Fact]
    public async Task A_version_goes_from_a_copy_through_a_comparison_to_publication_by_another_person()
    {
        var (draft, etag) = await Drafted("HONEY-BATCH");
        var terms = draft["terms"]!;
        terms["validityDays"] = 200;
        Step(terms, "take-sample")["workingDays"] = 5;
        terms["requiredSubmissions"]!.AsArray().Add("hive-map");
        var edited = await market.Put(market.Cast(Role.Reviewer), Path(draft), terms, etag);
        await Market.Body(edited);

        var changes = (await Market.Body(await market.Get(Role.ProjectOfficer, Path(draft) + "/comparison")))["changes"]!.AsArray()
            .Select(change => $"{change!["path"]}: {change["before"]} -> {change["after"]}");
        Assert.Equal(
        [
            "requiredSubmissions: applicant-agreement, apiary-passport, treatment-record -> applicant-agreement, apiary-passport, treatment-record, hive-map",
            "steps/take-sample/workingDays: 0 -> 5", "validityDays: 365 -> 200", $"validFrom: 2026-01-01 -> {market.Today:yyyy-MM-dd}",
        ], changes);

        var path = Path(draft) + "/publication";
        await Market.Problem(await market.Post(Role.ProjectOfficer, path), HttpStatusCode.PreconditionRequired, "if-match-required");
        await Market.Problem(await Publish(draft, etag), HttpStatusCode.PreconditionFailed, "stale");
        var published = await Market.Body(await Publish(draft, edited.Headers.ETag!.ToString()));
        Assert.True(published["version"]!.GetValue<int>() > 1000);
        Assert.Equal(200, published["validityDays"]!.GetValue<int>());
        Assert.True(published["own"]!.GetValue<bool>());

        await Market.Problem(await Publish(draft, edited.Headers.ETag!.ToString()), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.Put(market.Cast(Role.Reviewer), Path(draft), terms, edited.Headers.ETag!.ToString()), HttpStatusCode.Conflict, "wrong-stage");
        await market.Refused($"update certification.scheme_draft set terms = '{{}}' where id = '{draft["id"]}'", "wrong-stage");

        var between = await Market.Body(await market.Get((string?)null, $"/v1/schemes/HONEY-BATCH/comparison?from=1&to={published["version"]}"));
        Assert.Equal(4, between["changes"]!.AsArray().Count);
    }

    [Fact]
    public async Task Nobody_publishes_what_they_wrote_in()
    {
        var (draft, etag) = await Drafted("EGG-WEEKLY");
        var id = draft["id"]!.GetValue<Guid>();
        await Market.Problem(await Publish(draft, etag, Role.Reviewer), HttpStatusCode.Forbidden, "forbidden");

        // Whoever writes in it once is an author for good, by the API and by the function alone.
        var both = await market.NewMember(Role.ProjectOfficer, market.Cast(Role.ProjectOfficer).Organisation);
        await market.AsApplication($"begin; select set_config('app.person', '{both.Person}', true); update certification.scheme_draft set version = version where id = '{id}'; commit;");
        await Market.Problem(await Market.Send(market.As(both), HttpMethod.Post, Path(draft) + "/publication", null, ifMatch: etag), HttpStatusCode.Conflict, "own-proposal");
        await market.Refused($"begin; select set_config('app.person', '{market.Cast(Role.DecisionMaker).Person}', true); select certification.publish_scheme('{id}')", "own-proposal");
        await market.Refused($"select certification.publish_scheme('{id}')", "own-proposal");
    }

    [Fact]
    public async Task What_is_published_is_out_of_the_applications_reach()
    {
        var (draft, _) = await Drafted("FISH-BATCH");
        foreach (var forbidden in new[]
        {
            "insert into certification.scheme select * from certification.scheme limit 1",
            "update certification.scheme set validity_days = 1", "delete from certification.scheme_step", "update certification.scheme_step set working_days = 60",
            "insert into certification.scheme_test values ('FISH-BATCH', 1, 'fish', 'lead')", "delete from certification.scheme_check",
            "select certification.write_scheme('X-SCHEME', 1001, '{}', 'demo', '{}', null)", "delete from certification.scheme_draft",
            $"update certification.scheme_draft set published = 1001, published_by = gen_random_uuid(), published_at = now() where id = '{draft["id"]}'",
            "update certification.scheme_retirement set last_day = last_day + 1", "delete from certification.scheme_retirement",
            "insert into certification.scheme_retirement (code, version, last_day, reason) values ('FISH-BATCH', 1, now(), 'Alone.')",
            "update certification.scheme_retirement_proposal set confirmed_by = gen_random_uuid(), confirmed_at = now()",
        })
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(forbidden));
            Assert.True(refusal.SqlState == "42501", $"{forbidden}: {refusal.MessageText}");
        }
    }

    [Theory]
    [InlineData("wrong-steps", "steps without a decision")]
    [InlineData("wrong-steps", "steps out of order")]
    [InlineData("wrong-steps", "results without a sample")]
    [InlineData("unknown-indicator", "an indicator nobody knows")]
    [InlineData("valid-from-past", "in force since yesterday")]
    public async Task A_version_that_makes_no_case_is_not_published(string code, string what)
    {
        var (draft, etag) = await Drafted("GRAIN-BATCH");
        var terms = draft["terms"]!;
        var steps = terms["steps"]!.AsArray();
        switch (what)
        {
            case "steps without a decision":
                steps.Remove(Step(terms, "decide-application"));
                break;
            case "steps out of order":
                var review = Step(terms, "review-application");
                steps.Remove(review);
                steps.Insert(1, review);
                break;
            case "results without a sample":
                steps.Remove(Step(terms, "take-sample"));
                break;
            case "an indicator nobody knows":
                terms["tests"]![0]!["indicators"]!.AsArray().Add("moonlight");
                break;
            default:
                terms["validFrom"] = market.Today.AddDays(-1).ToString("yyyy-MM-dd");
                break;
        }

        var edited = await market.Put(market.Cast(Role.DecisionMaker), Path(draft), terms, etag);
        await Market.Body(edited);
        await Market.Problem(await Publish(draft, edited.Headers.ETag!.ToString()), HttpStatusCode.Conflict, code);
        Assert.Equal(0, await market.Scalar<long>("select count(*) from certification.scheme where code = 'GRAIN-BATCH' and version > 1"));
    }

    [Fact]
    public async Task Only_one_of_two_publications_wins()
    {
        var (draft, etag) = await Drafted("OIL-SERIAL");
        var second = await market.NewMember(Role.ProjectOfficer, market.Cast(Role.ProjectOfficer).Organisation);
        var answers = await market.Race($"select 1 from certification.scheme_draft where id = '{draft["id"]}' for update", 2, at =>
            Market.Send(market.As(at == 0 ? market.Cast(Role.ProjectOfficer) : second), HttpMethod.Post, Path(draft) + "/publication", null, ifMatch: etag));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(1, await market.Scalar<long>("select count(*) from certification.scheme where code = 'OIL-SERIAL' and version > 1"));
    }

    [Fact]
    public async Task Another_operator_sees_neither_drafts_nor_versions_and_another_body_no_drafts()
    {
        var (draft, etag) = await Drafted("JUICE-SERIAL");
        var foreign = await market.NewMember(Role.QualityManager, tenant: "other");
        await Market.Problem(await market.Get(foreign, Path(draft)), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Put(foreign, Path(draft), draft["terms"], etag), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(await market.NewMember(Role.QualityManager, OrganisationId.New()), Path(draft)), HttpStatusCode.NotFound, "not-found");

        var version = (await Market.Body(await Publish(draft, etag)))["version"]!.GetValue<int>();
        await Market.Problem(await market.Get(foreign, $"/v1/schemes/JUICE-SERIAL/versions/{version}"), HttpStatusCode.NotFound, "not-found");
        Assert.DoesNotContain((await Market.Body(await market.Get(foreign, "/v1/schemes"))).AsArray(), scheme => scheme!["own"]!.GetValue<bool>());
        Assert.Equal(1, await market.Scalar<int>("""
            select certification.scheme_in_force('JUICE-SERIAL', current_date) from set_config('app.tenant', 'other', false)
            """));
    }

    [Fact]
    public async Task A_retired_version_ends_on_its_last_day_and_the_one_before_it_holds_again()
    {
        var (draft, etag) = await Drafted("MEAT-BATCH");
        var version = (await Market.Body(await Publish(draft, etag)))["version"]!.GetValue<int>();
        var path = $"/v1/schemes/MEAT-BATCH/versions/{version}/retirement";
        var body = new { lastDay = market.Today.ToString("yyyy-MM-dd"), reason = "The act was repealed." };
        await Market.Problem(await market.Post(Role.IntakeOfficer, path, body), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Post(Role.ProjectOfficer, path, body with { lastDay = market.Today.AddDays(-1).ToString("yyyy-MM-dd") }), HttpStatusCode.Conflict, "retired-in-past");
        await Market.Problem(await market.Post(Role.ProjectOfficer, "/v1/schemes/MEAT-BATCH/versions/999/retirement", body), HttpStatusCode.NotFound, "not-found");

        // Nobody alone ends what two put in force.
        var own = await Market.Body(await market.Post(Role.ProjectOfficer, path, body));
        await Market.Problem(await market.Post(Role.ProjectOfficer, $"/v1/scheme-retirements/{own["id"]}/confirmation"), HttpStatusCode.Conflict, "own-proposal");
        await market.Refused($"select certification.confirm_retirement('{own["id"]}')", "own-proposal");
        Assert.Equal(version, await market.Scalar<int>("select certification.scheme_in_force('MEAT-BATCH', current_date + 1)"));
        var proposal = await Market.Body(await market.Post(Role.QualityManager, path, body));
        await Market.Problem(await market.Post(Role.QualityManager, $"/v1/scheme-retirements/{proposal["id"]}/confirmation"), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Post(Role.ProjectOfficer, $"/v1/scheme-retirements/{Guid.NewGuid()}/confirmation"), HttpStatusCode.NotFound, "not-found");
        Assert.NotNull((await Market.Body(await market.Post(Role.ProjectOfficer, $"/v1/scheme-retirements/{proposal["id"]}/confirmation")))["confirmedBy"]);
        await Market.Problem(await market.Post(Role.ProjectOfficer, $"/v1/scheme-retirements/{proposal["id"]}/confirmation"), HttpStatusCode.Conflict, "wrong-stage");
        await Market.Problem(await market.Post(Role.QualityManager, path, body), HttpStatusCode.Conflict, "scheme-retired");
        var open = (await Market.Body(await market.Get(Role.Auditor, "/v1/scheme-retirements?open=true")))["items"]!.AsArray();
        Assert.Equal([own["id"]!.GetValue<Guid>()], open.Select(one => one!["id"]!.GetValue<Guid>()));

        Assert.Equal(version, await market.Scalar<int>("select certification.scheme_in_force('MEAT-BATCH', current_date)"));
        Assert.Equal(1, await market.Scalar<int>("select certification.scheme_in_force('MEAT-BATCH', current_date + 1)"));
        var shown = await Market.Body(await market.Get((string?)null, $"/v1/schemes/MEAT-BATCH/versions/{version}"));
        Assert.Equal(market.Today.ToString("yyyy-MM-dd"), shown["validUntil"]!.GetValue<string>());
    }

    private async Task<(JsonNode Draft, string Etag)> Drafted(string code)
    {
        var drafted = await Market.Body(await market.Post(Role.DecisionMaker, "/v1/scheme-drafts", new { code }));
        var shown = await market.Get(Role.DecisionMaker, Path(drafted));
        return (await Market.Body(shown), shown.Headers.ETag!.ToString());
    }

    private Task<HttpResponseMessage> Publish(JsonNode draft, string etag, string by = Role.ProjectOfficer) =>
        Market.Send(market.As(by), HttpMethod.Post, Path(draft) + "/publication", null, ifMatch: etag);

    private static string Path(JsonNode draft) => $"/v1/scheme-drafts/{draft["id"]}";

    private static JsonNode Step(JsonNode terms, string task) => terms["steps"]!.AsArray().Single(step => step!["task"]!.GetValue<string>() == task)!;

    private static SchemeTerms Sorted(SchemeTerms terms) => terms with
    {
        Steps = [.. terms.Steps.Select(step => step with { Role = null })],
        Tests = Sorted(terms.Tests),
        BatchTests = Sorted(terms.BatchTests),
    };

    private static IReadOnlyList<global::Marketplace.Certification.SchemeTests> Sorted(IReadOnlyList<global::Marketplace.Certification.SchemeTests> tests) => [.. tests.OrderBy(test => test.RuleGroup, StringComparer.Ordinal)
        .Select(test => test with { Indicators = [.. test.Indicators.Order(StringComparer.Ordinal)] })];
}

internal static class SchemeJson
{
    public static ConformityScheme Deserialize(this JsonNode scheme) => System.Text.Json.JsonSerializer.Deserialize<ConformityScheme>(scheme, Market.Wire)!;
}
