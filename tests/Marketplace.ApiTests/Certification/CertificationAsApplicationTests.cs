using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

/// <summary>What the database itself refuses to the application's own login, with no code of ours between.</summary>
public sealed class CertificationAsApplicationTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task A_certificate_cannot_be_edited_or_deleted()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        await Denied($"update certification.certificate set amount = amount * 2 where serial = '{story.Serial}'");
        await Denied($"update certification.certificate set valid_until = valid_until + interval '1 year' where serial = '{story.Serial}'");
        await Denied($"update certification.certificate set lot = gen_random_uuid() where serial = '{story.Serial}'");
        await Denied($"delete from certification.certificate where serial = '{story.Serial}'");
        await market.AsApplication($"update certification.certificate set state = 'withdrawn' where serial = '{story.Serial}'");
        await market.Refused($"update certification.certificate set state = 'active' where serial = '{story.Serial}'", "wrong-state");
    }

    [Theory]
    [InlineData("decision")]
    [InlineData("sample")]
    [InlineData("result")]
    [InlineData("result_entry")]
    [InlineData("result_approval")]
    [InlineData("review")]
    [InlineData("completeness")]
    [InlineData("participation")]
    [InlineData("certificate_change")]
    [InlineData("issuer_key")]
    [InlineData("limit_rule")]
    [InlineData("scheme")]
    public async Task Evidence_and_rules_are_neither_changed_nor_removed(string table)
    {
        await Denied($"delete from certification.{table}");
        await Denied($"do $$ declare c text; begin select attname into c from pg_attribute where attrelid = 'certification.{table}'::regclass and attnum = 1; execute format('update certification.{table} set %I = %I', c, c); end $$");
    }

    [Fact]
    public async Task A_certificate_without_a_decision_is_not_issued()
    {
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        await market.Refused(As(Role.DecisionMaker) + Copy(application, "amount"), "no-decision");
    }

    [Fact]
    public async Task A_decision_cannot_issue_more_than_it_covered()
    {
        await market.CertifiedLot(await market.ActiveFarm()); // so that a key is known
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        await market.Refused(As(Role.DecisionMaker) + $"insert into certification.decision (application, granted, reason) values ('{application}', true, 'Fine.');"
            + Copy(application, "amount * 2"), "no-decision");
    }

    [Fact]
    public async Task A_decision_of_yesterday_issues_nothing_today()
    {
        await market.CertifiedLot(await market.ActiveFarm());
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        await market.AsApplication(As(Role.DecisionMaker) + $"insert into certification.decision (application, granted, reason) values ('{application}', true, 'Fine.'); commit;");
        await market.Refused(As(Role.DecisionMaker) + Copy(application, "amount"), "no-decision");
    }

    [Fact]
    public async Task Nothing_is_issued_while_the_body_is_stopped()
    {
        await market.CertifiedLot(await market.ActiveFarm());
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        var body = market.Cast(Role.DecisionMaker).Organisation;
        await market.Owner($"update certification.issuance set allowed = false, reason = 'Audit.' where body = '{body}'");
        await market.Refused(As(Role.DecisionMaker) + $"insert into certification.decision (application, granted, reason) values ('{application}', true, 'Fine.');"
            + Copy(application, "amount"), "issuance-stopped");
        await market.Owner($"update certification.issuance set allowed = true where body = '{body}'");
    }

    [Fact]
    public async Task Nobody_signs_for_somebody_else_or_without_a_review()
    {
        var (application, _) = await market.CaseInReview(await market.ActiveFarm());
        await market.Refused(As(Role.Sampler) + $"insert into certification.decision (application, granted, reason, person) values ('{application}', true, 'Mine.', '{market.Cast(Role.DecisionMaker).Person}')", "not-assigned");
        await market.Refused(As(Role.DecisionMaker) + $"insert into certification.decision (application, granted, reason) values ('{application}', true, 'Fine.')", "wrong-stage");
    }

    [Fact]
    public async Task A_recorded_time_is_the_transactions_whatever_was_said()
    {
        var (application, _) = await market.AcceptedCase(await market.ActiveFarm());
        await market.AsApplication(As(Role.Sampler) + $"""
            insert into certification.sample (id, application, number, taken_at, amount, unit, seal_number, retained_amount, retained_seal, recorded_at)
            values (gen_random_uuid(), '{application}', 1, now(), 1000, 'GRM', 'S-{application:N}', 200, 'R-{application:N}', now() - interval '3 days'); commit;
            """);
        Assert.True(await market.Scalar<bool>($"select recorded_at > now() - interval '1 minute' from certification.sample where application = '{application}'"));
    }

    [Fact]
    public async Task What_was_submitted_stays_as_it_was()
    {
        var (application, _) = await market.SubmittedCase(await market.ActiveFarm());
        await market.Refused($"update certification.application set amount = amount + 1 where id = '{application}'", "wrong-stage");
        await market.Refused($"update certification.application set scheme_version = 2 where id = '{application}'", "wrong-stage");
        await Denied($"update certification.application set lot = gen_random_uuid() where id = '{application}'");
        await Denied($"delete from certification.application where id = '{application}'");
    }

    private string As(string role) => $"begin; select set_config('app.person', '{market.Cast(role).Person}', true);";

    private static string Copy(Guid application, string amount) => $"""
        insert into certification.certificate (id, serial, application, lot, household, applicant, issuer, product, village, amount, unit, scheme,
               scheme_version, valid_from, valid_until, key_id, label)
        select gen_random_uuid(), 'KZ-26-999999-0', id, lot, household, applicant, body, product, village, {amount}, unit, scheme, scheme_version, now(),
               now() + interval '10 days', (select key_id from certification.issuer_key limit 1), 'x' from certification.application where id = '{application}';
        """;

    private async Task Denied(string sql) => Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(sql))).SqlState);
}
