using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

/// <summary>Who may judge an appeal, leave its panel and say so when, as the database alone keeps it.</summary>
public sealed class AppealJudgesTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Nobody_judges_what_is_their_own()
    {
        var (farm, application) = await market.RefusedCase();
        var other = await market.ActiveFarm();
        var appeal = await File(farm, new { application, ground = "I do not agree." });
        var stranger = (await market.NewMember(Role.Auditor)).Person;
        Assert.True(await MayJudge(appeal, stranger));
        (string Own, string Foreign)[] ties =
        [
            ($"update certification.appeal set filed_by = '{stranger}' where id = '{appeal}'", $"update certification.appeal set filed_by = '{farm.Head.Person}' where id = '{appeal}'"),
            ($"update identity.person set household_id = '{farm.Household}' where id = '{stranger}'", $"update identity.person set household_id = null where id = '{stranger}'"),

            // Under a group's scope the appeal is another household's than the case.
            ($"""
                update certification.appeal set household = '{other.Household}' where id = '{appeal}';
                update identity.person set household_id = '{other.Household}' where id = '{stranger}'
                """, $"""
                update certification.appeal set household = '{farm.Household}' where id = '{appeal}';
                update identity.person set household_id = null where id = '{stranger}'
                """),

            // Whoever corrected a finding for the applicant.
            ($"insert into certification.participation (application, person, part) values ('{application}', '{stranger}', 'producer')",
                $"delete from certification.participation where person = '{stranger}'"),
        ];
        foreach (var (own, foreign) in ties)
        {
            await Past(own);
            Assert.False(await MayJudge(appeal, stranger), own);
            await Past(foreign);
            Assert.True(await MayJudge(appeal, stranger), foreign);
        }

        await market.AsApplication($"insert into certification.panelist (appeal, place, person, drawn_at) values ('{appeal}', 1, '{stranger}', '2020-01-01')");
        Assert.True(await market.Scalar<bool>($"select drawn_at > '2021-01-01' from certification.panelist where appeal = '{appeal}'"));
    }

    [Fact]
    public async Task A_panelist_leaves_once_while_the_appeal_is_heard_and_now()
    {
        var (farm, application) = await market.RefusedCase();
        var appeal = await File(farm, new { application, ground = "I do not agree." });
        await Market.Body(await market.Post(Role.QualityManager, $"/v1/appeals/{appeal}/admission", new { admissible = true, reason = "In time." }));
        var person = await market.Scalar<Guid>($"select person from certification.panelist where appeal = '{appeal}' and place = 1");
        var leave = $"""
            begin; select set_config('app.person', '{person}', true);
            update certification.panelist set left_at = '2020-01-01', left_by = '{person}', left_because = 'Ill.' where appeal = '{appeal}' and place = 1
            """;
        await market.AsApplication(leave + "; commit");
        Assert.True(await market.Scalar<bool>($"select left_at > drawn_at from certification.panelist where appeal = '{appeal}' and place = 1"));
        await market.Refused(leave, "wrong-stage");

        // Who left has no vote; what is said is said now.
        var acting = $"begin; select set_config('app.person', '{person}', true); ";
        await market.Refused(acting + $"insert into certification.appeal_vote (appeal, outcome, reason) values ('{appeal}', 'rejected', 'Because.')", "not-assigned");
        await market.AsApplication(acting + $"insert into certification.appeal_statement (appeal, number, text, recorded_at) values ('{appeal}', 9, 'I am ill.', '2020-01-01'); commit");
        Assert.True(await market.Scalar<bool>($"select recorded_at > '2021-01-01' from certification.appeal_statement where appeal = '{appeal}' and person = '{person}'"));

        await Past($"update certification.panelist set left_at = null, left_by = null, left_because = null where appeal = '{appeal}'");
        await Market.Body(await market.Post(farm.Head, $"/v1/appeals/{appeal}/withdrawal"));
        await market.Refused(leave, "wrong-stage");
    }

    [Fact]
    public async Task An_appeal_is_about_its_own_case_filed_now_and_heard_by_three()
    {
        var (farm, application) = await market.RefusedCase();
        var other = await market.ActiveFarm();
        string Insert(HouseholdId household, string column = "", string value = "") => $"""
            insert into certification.appeal (id, number, kind, application, body, household, village, ground, filed_by{column})
            select gen_random_uuid(), 'P-' || gen_random_uuid(), 'complaint', id, body, '{household}', village, 'Because.', head{value}
              from certification.application where id = '{application}'
            """;
        await market.Refused(Insert(other.Household), "nothing-to-appeal");
        var story = await market.CertifiedLot(other);
        await market.Refused(Insert(farm.Household, ", certificate", $", (select id from certification.certificate where serial = '{story.Serial}')"), "nothing-to-appeal");
        var (milk, _) = await market.CaseAwaitingDecision(await market.ActiveFarm(), "milk_cow_raw");
        var scope = (await Market.Body(await market.Decide(milk, granted: true)))["scope"]!.GetValue<string>();
        await market.Refused(Insert(farm.Household, ", scope", $", (select id from certification.scope where number = '{scope}')"), "nothing-to-appeal");

        await market.AsApplication(Insert(farm.Household, ", filed_at", ", '2020-01-01'"));
        Assert.True(await market.Scalar<bool>($"select bool_and(filed_at > '2021-01-01') from certification.appeal where application = '{application}'"));
        var appeal = await File(farm, new { application, ground = "I do not agree." });
        await market.Refused($"""
            begin; select set_config('app.person', '{market.Cast(Role.ProjectOfficer).Person}', true);
            insert into certification.appeal_admission (appeal, admissible, reason) values ('{appeal}', true, 'In time.');
            update certification.appeal set stage = 'in_hearing' where id = '{appeal}'
            """, "wrong-stage");
    }

    private async Task<Guid> File(Market.Farm farm, object appeal) => (await Market.Body(await market.Post(farm.Head, "/v1/appeals", appeal)))["id"]!.GetValue<Guid>();

    private Task<bool> MayJudge(Guid appeal, PersonId person) => market.Scalar<bool>($"select certification.may_judge('{appeal}', '{person}')");

    private Task Past(string sql) => market.Past(sql, "certification.appeal", "certification.participation", "certification.panelist");
}
