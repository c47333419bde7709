using CsCheck;
using Marketplace.Certification;
using Marketplace.Contracts;

namespace Marketplace.Tests.Certification;

public sealed class DrawTests
{
    private static readonly PersonId[] People = [.. Enumerable.Range(1, 7).Select(n => PersonId.From(new Guid(n, 0, 0, new byte[8])))];
    private static readonly CasePart[] Parts = [CasePart.Sampler, CasePart.Analyst, CasePart.Supervisor, CasePart.Reviewer, CasePart.DecisionMaker];

    // The last two accounts are one human.
    private static DrawCandidate Candidate(int at, int tier = 1) => new(People[at], People[Math.Min(at, People.Length - 2)], tier);

    [Fact]
    public void The_same_seed_draws_the_same_distinct_humans_whenever_there_are_enough() =>
        Gen.Select(Gen.Int[0, People.Length - 1].HashSet[0, 5].Array[Parts.Length], Gen.Guid).Sample((holders, seed) =>
        {
            var candidates = Parts.Zip(holders).ToDictionary(
                pair => pair.First, pair => (IReadOnlyList<DrawCandidate>)[.. pair.Second.Select(at => Candidate(at))]);
            var drawn = Draw.Assign(seed.ToString(), candidates);
            var again = Draw.Assign(seed.ToString(), candidates.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<DrawCandidate>)[.. pair.Value.Reverse()]));
            if (drawn is null)
            {
                Assert.False(Possible(0, []));
                return;
            }

            Assert.Equal(Parts.Length, drawn.Select(pair => candidates[pair.Key].First(one => one.Person == pair.Value).Human).Distinct().Count());
            Assert.Equal(drawn.OrderBy(pair => pair.Key), again!.OrderBy(pair => pair.Key));

            bool Possible(int part, HashSet<PersonId> used) => part == Parts.Length || candidates[Parts[part]].Any(one =>
                !used.Contains(one.Human) && Possible(part + 1, [.. used, one.Human]));
        });

    [Fact]
    public void Different_seeds_spread_the_work()
    {
        var candidates = new Dictionary<CasePart, IReadOnlyList<DrawCandidate>> { [CasePart.Reviewer] = [.. People.Select((_, at) => Candidate(at))] };
        var drawn = Enumerable.Range(0, 700).Select(seed => Draw.Assign($"{seed}", candidates)![CasePart.Reviewer]).CountBy(person => person);
        Assert.All(drawn, pair => Assert.InRange(pair.Value, 60, 140));
        Assert.Equal(People.Length, drawn.Count());
    }

    [Fact]
    public void A_lower_tier_goes_first_unless_a_later_part_would_be_left_with_nobody()
    {
        var either = new Dictionary<CasePart, IReadOnlyList<DrawCandidate>> { [CasePart.Reviewer] = [Candidate(0, 0), Candidate(1, 1), Candidate(2, 11)] };
        Assert.All(Enumerable.Range(0, 50), seed => Assert.Equal(People[0], Draw.Assign($"{seed}", either)![CasePart.Reviewer]));

        either[CasePart.DecisionMaker] = [Candidate(0, 0)];
        Assert.All(Enumerable.Range(0, 50), seed => Assert.Equal(People[1], Draw.Assign($"{seed}", either)![CasePart.Reviewer]));
    }

    [Fact]
    public void A_published_draw_replays_and_any_change_of_it_is_found()
    {
        var day = new byte[32];
        var application = CertificationApplicationId.From(new Guid(7, 7, 7, new byte[8]));
        var seed = Draw.SeedOf(day, application, 2);
        IReadOnlyList<DrawCandidate> candidates = [.. People.Select((_, at) => Candidate(at))];
        var person = Draw.Assign(seed, new Dictionary<CasePart, IReadOnlyList<DrawCandidate>> { [CasePart.Sampler] = candidates })![CasePart.Sampler];
        var draw = new DrawDetails(2, new DateOnly(2026, 11, 25), Draw.Commitment(day), seed, DrawCause.HandOver,
            [new DrawnPart(CasePart.Sampler, person, candidates)], DateTimeOffset.UnixEpoch, Convert.ToHexStringLower(day));

        Assert.Null(DrawReplay.Fault(application, draw));
        Assert.NotNull(DrawReplay.Fault(application, draw with { Number = 3 }));
        Assert.NotNull(DrawReplay.Fault(application, draw with { Commitment = Draw.Commitment([1]) }));
        Assert.NotNull(DrawReplay.Fault(application, draw with { Seed = Draw.SeedOf(day, application, 3), DaySeed = null }));
        Assert.NotNull(DrawReplay.Fault(application, draw with { Parts = [new DrawnPart(CasePart.Sampler, People.First(one => one != person), candidates)] }));
        Assert.NotNull(DrawReplay.Fault(application, draw with
        {
            Parts = [new DrawnPart(CasePart.Sampler, person, [.. candidates.Where(one => one.Person != person)])],
        }));
    }
}
