using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

/// <summary>What the public statistics leave out.</summary>
public sealed class FewCasesTests(Market market) : IClassFixture<Market>
{
    /// <summary>Of 21 cases in three places, 3, 6 and 12: the three must not follow from the whole and the two others.</summary>
    [Fact]
    public async Task A_place_of_few_cases_does_not_follow_from_the_whole_and_its_neighbours()
    {
        var (application, _) = await market.CaseAwaitingDecision(await market.ActiveFarm());
        await Market.Body(await market.Decide(application, granted: true));
        string[] tables = ["certification.application", "certification.decision", "work.task"];
        await market.Owner(string.Concat(tables.Select(table => $"alter table {table} disable trigger user;")) + $"""
            create temp table place as
                select code, path, (array[3, 6, 12])[row_number() over (order by code)] as cases from registry.territory where parent = '{Market.District}' order by code limit 3;
            create temp table copy as
                select gen_random_uuid() as id, p.* from place p, generate_series(1, p.cases);
            insert into certification.application select r.* from copy c, certification.application a,
                   lateral jsonb_populate_record(a, jsonb_build_object('id', c.id, 'lot', gen_random_uuid(), 'number', 'C-' || c.id, 'village', c.code)) r
             where a.id = '{application}';
            insert into certification.decision select r.* from copy c, certification.decision d, lateral jsonb_populate_record(d, jsonb_build_object('application', c.id)) r
             where d.application = '{application}';
            insert into work.task select r.* from copy c, work.task t,
                   lateral jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'subject', c.id, 'territory_path', to_jsonb(c.path))) r
             where t.subject = '{application}' and t.kind = 'take-sample';
            update work.task set opened_at = opened_at - interval '2 years', closed_at = closed_at - interval '2 years' where subject = '{application}' and closed_at is not null;
            delete from certification.decision where application = '{application}';
            """ + string.Concat(tables.Select(table => $"alter table {table} enable trigger user;")));
        var places = (await market.Scalar<string>($"select string_agg(code, ' ') from (select code from registry.territory where parent = '{Market.District}' order by code limit 3) p")).Split(' ');

        Assert.Equal((null, null), await Cases(places[0]));
        Assert.Equal((null, null), await Cases(places[1])); // else 21 less 6 and 12 would tell
        Assert.Equal((10L, 10L), await Cases(places[2]));
        Assert.Equal((20L, 20L), await Cases(Market.District)); // 21, or two periods would tell the month between them

        async Task<(long? Steps, long? Decisions)> Cases(string territory)
        {
            var seen = await Market.Body(await market.Get((string?)null, $"/v1/statistics/decision-times?from={market.Clock.GetUtcNow().AddMonths(-3):yyyy-MM}&to={market.Clock.GetUtcNow():yyyy-MM}&territory={territory}"));
            return (seen["steps"]!.AsArray().Single(row => row!["step"]!.GetValue<string>() == "take-sample")!["cases"]?.GetValue<long>(),
                Assert.Single(seen["decisions"]!.AsArray())!["cases"]?.GetValue<long>());
        }
    }
}
