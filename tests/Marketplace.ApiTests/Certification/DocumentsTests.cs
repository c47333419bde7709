using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class DocumentsTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task What_is_on_file_is_not_asked_for_again_and_the_asker_is_told_who_has_it()
    {
        var farm = await market.ActiveFarm();
        var (first, _) = await market.SubmittedCase(farm);
        var extract = await Market.Body(await market.HandIn(farm, first, "household-book-extract"));
        Assert.Equal("given", State(await market.ReadCase(first), "household-book-extract"));
        Assert.Equal("missing", State(await market.ReadCase(first), "treatment-record"));

        var (second, _) = await market.SubmittedCase(farm);
        var filed = await market.ReadCase(second);
        Assert.Equal("on_file", State(filed, "household-book-extract"));

        var problem = await Market.Problem(await Return(second, "household-book-extract", "treatment-record"), HttpStatusCode.Conflict, "already-on-file");
        var held = Assert.Single(problem["details"]!.AsArray())!;
        Assert.Equal("household-book-extract", held["requirement"]!.GetValue<string>());
        Assert.Equal(market.Cast(Role.IntakeOfficer).Organisation!.Value.Value, held["holder"]!.GetValue<Guid>());
        Assert.NotEqual("", held["holderName"]!.GetValue<string>());
        Assert.Equal(extract["since"]!.GetValue<DateTimeOffset>(), held["since"]!.GetValue<DateTimeOffset>());
        Assert.Equal(DateOnly.FromDateTime(market.Clock.GetUtcNow().UtcDateTime).AddDays(90).ToString("yyyy-MM-dd"), held["validUntil"]!.GetValue<string>());

        // Nothing was returned; that it was tried is counted once, however often.
        await Market.Problem(await Return(second, "household-book-extract"), HttpStatusCode.Conflict, "already-on-file");
        Assert.Equal("submitted", (await market.ReadCase(second))["stage"]!.GetValue<string>());
        Assert.Equal(1L, await market.Scalar<long>($"select count(*) from certification.duplicate_request where application = '{second}'"));
        Assert.Equal(0L, await market.Scalar<long>($"select count(*) from certification.completeness where application = '{second}'"));
        await Market.Problem(await Return(second, "golden-ticket"), HttpStatusCode.BadRequest, "unknown-requirement");

        // Past its last day it may be asked for again.
        await market.Owner($"update certification.document set valid_until = current_date - 1, issued_on = current_date - 9 where id = '{extract["id"]}'");
        await Market.Body(await Return(second, "household-book-extract"));
    }

    [Fact]
    public async Task The_database_itself_refuses_a_return_that_asks_for_what_is_on_file()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.SubmittedCase(farm);
        await Market.Body(await market.HandIn(farm, application, "household-book-extract"));
        await Refused($"""
            insert into certification.completeness (application, number, complete, missing, requirements)
            values ('{application}', 1, false, array['Extract'], array['household-book-extract'])
            """, "already-on-file");
        await Refused($"""
            insert into certification.completeness (application, number, complete, missing, requirements)
            values ('{application}', 1, false, array['Ticket'], array['golden-ticket'])
            """, "unknown-requirement");

        async Task Refused(string sql, string constraint)
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() =>
                market.AsApplication($"select set_config('app.person', '{market.Cast(Role.IntakeOfficer).Person}', false); {sql}"));
            Assert.Equal(constraint, refused.ConstraintName);
        }
    }

    [Fact]
    public async Task What_is_about_one_product_counts_for_that_product_only()
    {
        var farm = await market.ActiveFarm();
        var (tested, _) = await market.CaseInReview(farm);
        Assert.DoesNotContain((await market.ReadCase(tested))["submissions"]!.AsArray(), one => one!["requirement"]!.GetValue<string>() == "test-report");

        var (same, _) = await market.SubmittedCase(farm);
        var report = (await market.ReadCase(same))["submissions"]!.AsArray().Single(one => one!["requirement"]!.GetValue<string>() == "test-report")!;
        Assert.Equal("on_file", report["state"]!.GetValue<string>());
        Assert.Equal(market.Cast(Role.Reviewer).Organisation!.Value.Value, report["holder"]!.GetValue<Guid>());
        await Market.Problem(await Return(same, "test-report"), HttpStatusCode.Conflict, "already-on-file");

        var (other, _) = await market.SubmittedCase(farm, "carrot");
        Assert.DoesNotContain((await market.ReadCase(other))["submissions"]!.AsArray(), one => one!["requirement"]!.GetValue<string>() == "test-report");
        await Market.Body(await Return(other, "test-report"));

        // What was written about potatoes says nothing about carrots.
        var treated = await Market.Body(await market.HandIn(farm, same, "treatment-record"));
        Assert.Equal("missing", State(await market.ReadCase(other), "treatment-record"));
        await Market.Problem(await market.Post(farm.Head, $"/v1/applications/{other}/documents", new { onFile = treated["id"]!.GetValue<Guid>() }),
            HttpStatusCode.Conflict, "foreign-document");

        var (failed, _) = await market.CaseInReview(await market.ActiveFarm(), failing: true);
        Assert.Equal("test-report:0", await market.Scalar<string>($"""
            select 'test-report:' || count(*) from certification.application a, certification.on_file(a.household, a.applicant, a.product) f
             where a.id = '{failed}' and f.requirement = 'test-report'
            """));
    }

    [Fact]
    public async Task A_document_on_file_serves_a_later_case_and_its_scan_is_read_there()
    {
        var farm = await market.ActiveFarm();
        var (second, _) = await market.SubmittedCase(farm);
        var (first, _) = await market.DraftedCase(farm);
        var agreement = await Market.Body(await market.HandIn(farm, first, "applicant-agreement"));
        var file = $"/v1/applications/{second}/files/{agreement["files"]![0]}";
        await Market.Problem(await market.Get(Role.IntakeOfficer, file), HttpStatusCode.NotFound, "not-found");

        var path = $"/v1/applications/{second}/documents";
        var reuse = new { onFile = agreement["id"]!.GetValue<Guid>() };
        await Market.Body(await market.Post(farm.Head, path, reuse));
        await Market.Body(await market.Post(farm.Head, path, reuse));
        Assert.Equal(HttpStatusCode.OK, (await market.Get(Role.IntakeOfficer, file)).StatusCode);
        Assert.Single((await Market.Body(await market.Get(Role.IntakeOfficer, path))).AsArray());
        Assert.Equal("on_file", State(await market.ReadCase(second), "applicant-agreement"));

        var neighbour = await market.ActiveFarm();
        var (foreign, _) = await market.DraftedCase(neighbour);
        await Market.Problem(await market.Post(neighbour.Head, $"/v1/applications/{foreign}/documents", reuse), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Post(neighbour.Head, path, reuse), HttpStatusCode.NotFound, "not-found");
        await Market.Problem(await market.Get(neighbour.Head, path), HttpStatusCode.NotFound, "not-found");

        var mine = await Market.Body(await market.Get(farm.Head, $"/v1/households/{farm.Household}/documents"));
        Assert.Equal(("applicant-agreement", "on_file"), (mine[0]!["requirement"]!.GetValue<string>(), mine[0]!["standing"]!.GetValue<string>()));
        Assert.Single((await Market.Body(await market.Get(Role.Auditor, $"/v1/households/{farm.Household}/documents"))).AsArray());
        foreach (var stranger in (Market.Member[])[neighbour.Head, market.Cast(Role.Reviewer), market.Cast(Role.OkrugAkim), market.Cast(Role.PlatformAdministrator)])
        {
            await Market.Problem(await market.Get(stranger, $"/v1/households/{farm.Household}/documents"), HttpStatusCode.NotFound, "not-found");
        }

        await market.Owner($"update certification.document set valid_until = current_date - 1 where id = '{reuse.onFile}'");
        var (third, _) = await market.DraftedCase(farm);
        Assert.Equal("missing", State(await market.ReadCase(third), "applicant-agreement"));
        await Market.Problem(await market.Post(farm.Head, $"/v1/applications/{third}/documents", reuse), HttpStatusCode.Conflict, "document-expired");
    }

    [Fact]
    public async Task A_case_is_complete_and_granted_only_with_everything_the_scheme_requires()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.SubmittedCase(farm);
        await Market.Body(await market.HandIn(farm, application, "household-book-extract"));
        await Market.Body(await market.HandIn(farm, application, "treatment-record"));
        var complete = new { complete = true };
        await Market.Problem(await market.Post(Role.IntakeOfficer, $"/v1/applications/{application}/completeness", complete), HttpStatusCode.Conflict, "submissions-missing");
        Assert.Equal("submitted", (await market.ReadCase(application))["stage"]!.GetValue<string>());

        // What comes on file with another case serves this one too.
        var (other, _) = await market.DraftedCase(farm);
        await Market.Body(await market.HandIn(farm, other, "applicant-agreement"));
        await Market.Body(await market.Post(Role.IntakeOfficer, $"/v1/applications/{application}/completeness", complete));

        await Market.Body(await market.TakeSample(application));
        await Market.Body(await market.EnterResults(application, Market.GoodResults("potato")));
        await Market.Body(await market.Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"));
        await Market.Body(await market.Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = true, reason = "Seen the file." }));
        var record = (await market.ReadCase(application))["submissions"]!.AsArray().Single(one => one!["requirement"]!.GetValue<string>() == "treatment-record")!;
        await Market.Body(await market.HandIn(farm, application, "treatment-record", new { externalStatus = "annulled", supersedes = record["document"]!.GetValue<Guid>() }));
        await Market.Problem(await market.Decide(application, granted: true), HttpStatusCode.Conflict, "submissions-missing");
        await Market.Body(await market.HandIn(farm, application, "treatment-record"));
        await Market.Body(await market.Decide(application, granted: true));
    }

    [Fact]
    public async Task What_is_on_file_is_not_asked_for_in_plain_words_either_unless_it_does_not_serve()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.SubmittedCase(farm);
        await market.HandInTheRest(application);
        var extract = (await market.ReadCase(application))["submissions"]!.AsArray().Single(one => one!["requirement"]!.GetValue<string>() == "household-book-extract")!["document"]!;
        var path = $"/v1/applications/{application}";
        var ask = new { complete = false, missing = new[] { "Жаңа: шаруашылық кітабынан үзінді керек" } };
        await Market.Problem(await market.Post(Role.IntakeOfficer, path + "/completeness", ask), HttpStatusCode.Conflict, "already-on-file");

        var unreadable = new { reason = "The scan is black." };
        await Market.Problem(await market.Post(Role.DocumentReviewer, path + $"/documents/{extract}/rejection", unreadable), HttpStatusCode.Conflict, "not-assigned");
        var (other, _) = await market.SubmittedCase(await market.ActiveFarm());
        await Market.Problem(await market.Post(Role.IntakeOfficer, $"/v1/applications/{other}/documents/{extract}/rejection", unreadable), HttpStatusCode.Conflict, "foreign-document");
        await market.Refused($"""
            begin; select set_config('app.person', '{market.Cast(Role.Sampler).Person}', true);
            insert into certification.document_rejection (document, application, reason) values ('{extract}', '{application}', 'Mine.')
            """, "not-assigned");
        await Market.Body(await market.Post(Role.IntakeOfficer, path + $"/documents/{extract}/rejection", unreadable));
        await Market.Problem(await market.Post(Role.IntakeOfficer, path + $"/documents/{extract}/rejection", unreadable), HttpStatusCode.Conflict, "document-rejected");

        Assert.Equal("missing", State(await market.ReadCase(application), "household-book-extract"));
        var shown = (await Market.Body(await market.Get(farm.Head, path + "/documents"))).AsArray().Single(one => one!["id"]!.ToString() == extract.ToString())!;
        Assert.Equal(("rejected", "The scan is black."), (shown["standing"]!.GetValue<string>(), shown["rejection"]!.GetValue<string>()));
        await Market.Problem(await market.Post(Role.IntakeOfficer, path + "/completeness", new { complete = true }), HttpStatusCode.Conflict, "submissions-missing");
        await Market.Body(await market.Post(Role.IntakeOfficer, path + "/completeness", ask));
        await Market.Body(await market.HandIn(farm, application, "household-book-extract"));
        var read = await market.ReadCase(application);
        Assert.Equal("given", State(read, "household-book-extract"));

        // Nobody signs for who checks, and it is recorded when it is said.
        var rest = read["submissions"]!.AsArray().First(one => one!["document"] is not null)!["document"]!;
        string Reject(string acting) => $"""
            begin; select set_config('app.person', '{market.Cast(acting).Person}', true);
            insert into certification.document_rejection (document, application, reason, person, recorded_at)
            values ('{rest}', '{application}', 'Mine.', '{market.Cast(Role.IntakeOfficer).Person}', now() - interval '1 year'); commit
            """;
        await market.Refused(Reject(Role.Sampler), "not-assigned");
        await market.AsApplication(Reject(Role.IntakeOfficer));
        Assert.True(await market.Scalar<bool>($"select recorded_at > now() - interval '1 hour' from certification.document_rejection where document = '{rest}'"));
    }

    [Fact]
    public async Task A_document_is_complete_dated_and_of_this_case()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.DraftedCase(farm, "milk_cow_raw", 100_000);
        var path = $"/v1/applications/{application}/documents";
        var today = DateOnly.FromDateTime(market.Clock.GetUtcNow().UtcDateTime);
        await Bad(new { }, HttpStatusCode.BadRequest, "one-document");
        await Bad(new { onFile = Guid.NewGuid(), @new = new { requirement = "recipe" } }, HttpStatusCode.BadRequest, "one-document");
        await Bad(new { @new = new { requirement = "golden-ticket" } }, HttpStatusCode.BadRequest, "unknown-requirement");
        await Bad(new { @new = new { requirement = "herd-status" } }, HttpStatusCode.BadRequest, "document-empty");
        await Bad(new { @new = new { requirement = "herd-status", number = "7" } }, HttpStatusCode.BadRequest, "document-empty");
        await Bad(new { @new = new { requirement = "livestock-count" } }, HttpStatusCode.Conflict, "no-value");
        await Bad(new { @new = new { requirement = "herd-status", number = "7", issuer = "Veterinary service", issuedOn = today.AddDays(3) } }, HttpStatusCode.Conflict, "bad-document-dates");
        await Bad(new { @new = new { requirement = "herd-status", number = "7", issuer = "Veterinary service", issuedOn = today, validUntil = today.AddDays(-1) } },
            HttpStatusCode.Conflict, "bad-document-dates");
        await Bad(new { @new = new { requirement = "herd-status", number = "7", issuer = "Veterinary service", issuedOn = today.AddDays(-400) } }, HttpStatusCode.Conflict, "document-expired");
        await Bad(new { @new = new { requirement = "veterinary-document", number = "7", issuer = "Veterinary service", issuedOn = today } },
            HttpStatusCode.Conflict, "veterinary-document-incomplete");

        // A file of somebody else's case, or of none: its hash is no key.
        var neighbour = await market.ActiveFarm();
        var (foreign, _) = await market.DraftedCase(neighbour);
        var scan = await Market.Body(await market.SendFile(neighbour.Head, foreign, Marketplace.Tests.SampleFiles.Pdf("/Title (Neighbour)")));
        await Bad(new { @new = new { requirement = "herd-status", files = new[] { scan["hash"]!.GetValue<string>() } } }, HttpStatusCode.Conflict, "unknown-file");
        await Bad(new { @new = new { requirement = "herd-status", files = new[] { new string('0', 64) } } }, HttpStatusCode.Conflict, "unknown-file");
        Assert.Equal(0L, await market.Scalar<long>($"select count(*) from certification.document where application = '{application}'"));

        var paper = new { number = "14-07", issuer = "Veterinary service", issuedOn = today, veterinaryForm = "form2", externalStatus = "valid" };
        var first = await Market.Body(await market.HandIn(farm, application, "veterinary-document", paper));
        Assert.Equal(today.AddDays(30).ToString("yyyy-MM-dd"), first["validUntil"]!.GetValue<string>());
        await Market.Problem(await market.HandIn(farm, application, "veterinary-document", paper), HttpStatusCode.Conflict, "document-on-file");
        await Market.Body(await market.HandIn(farm, application, "livestock-count", new { value = "12" }));

        async Task Bad(object body, HttpStatusCode status, string code) => await Market.Problem(await market.Post(farm.Head, path, body), status, code);
    }

    [Fact]
    public async Task A_document_is_corrected_once_and_annulled_it_no_longer_counts()
    {
        var farm = await market.ActiveFarm();
        var (application, _) = await market.DraftedCase(farm, "milk_cow_raw", 100_000);
        var today = DateOnly.FromDateTime(market.Clock.GetUtcNow().UtcDateTime);
        var first = await Market.Body(await market.HandIn(farm, application, "veterinary-document", Paper("valid", null)));

        var answers = await market.Race($"select 1 from certification.document where id = '{first["id"]}' for update", 3,
            _ => market.HandIn(farm, application, "veterinary-document", Paper("annulled", first["id"]!.GetValue<Guid>())));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        foreach (var late in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
        {
            await Market.Problem(late, HttpStatusCode.Conflict, "superseded-already");
        }

        Assert.Equal("missing", State(await market.ReadCase(application, Role.Auditor), "veterinary-document"));

        object Paper(string status, Guid? supersedes) =>
            new { number = "14-08", issuer = "Veterinary service", issuedOn = today, veterinaryForm = "form2", externalStatus = status, supersedes };
    }

    [Theory]
    [InlineData("case_file")]
    [InlineData("document")]
    [InlineData("document_file")]
    [InlineData("submission")]
    [InlineData("duplicate_request")]
    public async Task Evidence_stays_and_names_who_gave_it(string table)
    {
        Assert.False(await market.Scalar<bool>($"""
            select has_any_column_privilege('marketplace_app', 'certification.{table}', 'update')
                or has_table_privilege('marketplace_app', 'certification.{table}', 'delete, truncate')
            """));
        var farm = await market.ActiveFarm();
        var (application, _) = await market.DraftedCase(farm);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication($"""
            select set_config('app.person', '{farm.Head.Person}', false);
            insert into certification.document (id, application, requirement, value, person)
            values (gen_random_uuid(), '{application}', 'plot-area', '0.12 ha', '{market.Cast(Role.Sampler).Person}')
            """));
        Assert.Equal("not-assigned", refused.ConstraintName);
    }

    [Fact]
    public async Task Whatever_a_scheme_requires_can_be_handed_in()
    {
        Assert.Equal("", await market.Scalar<string>("""
            select coalesce(string_agg(distinct required, ' '), '') from certification.scheme, unnest(required_submissions) as required
             where required not in (select code from certification.requirement)
            """));
        var listed = (await Market.Body(await market.Get((string?)null, "/v1/requirements"))).AsArray();
        Assert.Contains(listed, one => one!["code"]!.GetValue<string>() == "apiary-passport" && one["validityDays"]!.GetValue<int>() == 365);
    }

    private Task<HttpResponseMessage> Return(Guid application, params string[] requirements) =>
        market.Post(Role.IntakeOfficer, $"/v1/applications/{application}/completeness", new
        {
            complete = false,
            missing = requirements.Select(requirement => $"Please send: {requirement}").ToArray(),
            requirements,
        });

    private static string State(JsonNode details, string requirement) =>
        details["submissions"]!.AsArray().Single(one => one!["requirement"]!.GetValue<string>() == requirement)!["state"]!.GetValue<string>();
}
