using System.Net;
using System.Text.Json;
using Marketplace.Certification;
using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

public sealed class RandomShareTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task One_in_twenty_of_two_thousand_is_drawn_once_a_year_and_anybody_can_draw_again()
    {
        var story = await market.CertifiedLot(await market.ActiveFarm());
        await Plant(story, 2_000);
        await market.Surveil(randomPercent: 5);
        await market.Surveil(randomPercent: 5);
        var picks = await Picks();
        Assert.Equal(2_001, picks.Count);
        Assert.InRange(picks.Count(pick => pick.Chosen), 60, 145);
        Assert.Equal(picks.Where(pick => pick.Chosen).Select(pick => pick.Household.ToString()).Order(StringComparer.Ordinal), (await market.Scalar<string>("""
            select string_agg(v.household::text, ' ' order by v.household::text collate "C") from certification.surveillance v
              join certification.surveillance_cause c on c.surveillance = v.id where c.reason = 'random' and not v.announced
            """)).Split(' '));

        // The seed is not told while a household could learn from it, and what was committed before is what is told.
        var day = RandomShare.DayOf(market.Today.Year);
        await market.Services.DrawDays();
        var (commitment, early) = await Commitment(day);
        Assert.Null(early);
        await market.Owner("update identity.credential set expires_at = expires_at + interval '5 years'");
        var wait = day.AddDays(1).DayNumber - market.Today.DayNumber;
        await market.Advance(TimeSpan.FromDays(wait));
        try
        {
            await market.Services.DrawDays();
            var (later, told) = await Commitment(day);
            Assert.Equal(commitment, later);
            var seed = Convert.FromHexString(told!);
            Assert.Equal(commitment, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(seed)));
            Assert.All(picks, pick =>
            {
                Assert.Equal(pick.Seed, RandomShare.Seed(seed, pick.Household, pick.Scheme, pick.Year));
                Assert.Equal(pick.Chosen, RandomShare.Chosen(pick.Seed, 5));
            });
        }
        finally
        {
            await market.Advance(TimeSpan.FromDays(-wait));
        }
    }

    [Fact]
    public async Task The_database_takes_no_draw_that_was_not_committed_or_says_other_than_its_seed()
    {
        await market.Surveil();
        var year = market.Today.Year;
        foreach (var (sql, refused) in ((string, string)[])[
            (Pick(year, new string('0', 64), 0, false), "draw-not-committed"),
            ($"insert into certification.draw_day (day, commitment) values ('{year + 1}-03-31', sha256('x')); " + Pick(year, new string('0', 64), 0, false), "draw-not-committed"),
            (Pick(year + 1, new string('0', 64), 0, false), "draw-not-committed"),
            (Pick(year, new string('0', 64), 5, true), "draw-not-committed")])
        {
            Assert.Equal(refused, (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication("begin;" + sql))).ConstraintName);
        }

        await market.AsApplication($"insert into certification.draw_day (day, commitment) values ('{year + 1}-03-31', sha256('x')) on conflict do nothing");
        await market.AsApplication("begin;" + Pick(year, new string('f', 64), 0, false) + "rollback");
        Assert.Equal("23514", (await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication("begin;" + Pick(year, new string('0', 64), 0, true)))).SqlState);
        await market.Owner("delete from certification.draw_day where commitment = sha256('x')");
    }

    [Fact]
    public async Task The_draws_are_for_the_quality_manager_and_auditors()
    {
        await Market.Body(await market.Get(Role.Auditor, "/v1/surveillance-draws"));
        await Market.Problem(await market.Get((await market.ActiveFarm()).Head, "/v1/surveillance-draws"), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Get(Role.Sampler, "/v1/surveillance-draws"), HttpStatusCode.Forbidden, "forbidden");
        await Market.Problem(await market.Get(Role.QualityManager, "/v1/surveillance-draws?cursor=x"), HttpStatusCode.BadRequest, "bad-cursor");
        var abroad = await market.NewMember(Role.QualityManager, market.Cast(Role.RetailBuyer).Organisation);
        Assert.Empty((await Market.Body(await market.Get(abroad, "/v1/surveillance-draws")))["items"]!.AsArray());
    }

    private static string Pick(int year, string seed, int percent, bool chosen) => $"""
        insert into certification.random_pick (household, scheme, year, day, seed, percent, chosen)
        values (gen_random_uuid(), 'PLANT-BATCH', {year}, '{year + 1}-03-31', '{seed}', {percent}, {chosen});
        """;

    /// <summary>Certificates of as many other households, made like the one of the story.</summary>
    private Task Plant(Market.CertifiedLotStory story, int count) => market.Past($"""
        with made as (select n, gen_random_uuid() as application, gen_random_uuid() as lot, gen_random_uuid() as household from generate_series(1, {count}) n),
        applied as (
            insert into certification.application
            select (jsonb_populate_record(a, jsonb_build_object('id', m.application, 'lot', m.lot, 'household', m.household, 'number', 'T-' || m.n))).*
              from certification.application a, made m where a.id = '{story.Application}')
        insert into certification.certificate
        select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'application', m.application, 'lot', m.lot, 'household', m.household,
               'serial', 'KZ-26-' || (900000 + m.n) || '-0'))).*
          from certification.certificate c, made m where c.serial = '{story.Serial}'
        """, "certification.application", "certification.certificate");

    private async Task<List<RandomPick>> Picks()
    {
        var picks = new List<RandomPick>();
        for (string? next = ""; next is not null;)
        {
            var page = await Market.Body(await market.Get(Role.QualityManager, $"/v1/surveillance-draws?limit=200{(next.Length == 0 ? "" : $"&cursor={next}")}"));
            picks.AddRange(JsonSerializer.Deserialize<List<RandomPick>>(page["items"]!.ToJsonString(), Market.Wire)!);
            next = page["next"]?.GetValue<string>();
        }

        return picks;
    }

    private async Task<(string Commitment, string? Seed)> Commitment(DateOnly day)
    {
        var one = (await Market.Body(await market.Get((string?)null, "/v1/draw-commitments?limit=200")))["items"]!.AsArray().Single(one => one!["day"]!.GetValue<string>() == day.ToString("O"))!;
        return (one["commitment"]!.GetValue<string>(), one["seed"]?.GetValue<string>());
    }
}
