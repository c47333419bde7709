using CsCheck;
using Marketplace.Certification;
using Marketplace.Contracts;

namespace Marketplace.Tests.Certification;

public sealed class DrawTests
{
    private static readonly PersonId[] People = [.. Enumerable.Range(1, 7).Select(n => PersonId.From(new Guid(n, 0, 0, new byte[8])))];
    private static readonly CasePart[] Parts = [CasePart.Sampler, CasePart.Analyst, CasePart.Supervisor, CasePart.Reviewer, CasePart.DecisionMaker];

    [Fact]
    public void The_same_seed_draws_the_same_distinct_eligible_people_whenever_there_are_enough() =>
        Gen.Select(Gen.Int[0, People.Length - 1].HashSet[0, 5].Array[Parts.Length], Gen.Int[0, People.Length - 1], Gen.Guid).Sample((holders, left, seed) =>
        {
            var candidates = Parts.Zip(holders).ToDictionary(
                pair => pair.First, pair => (IReadOnlyList<PersonId>)[.. pair.Second.Select(at => People[at])]);
            var excluded = new HashSet<PersonId> { People[left] };
            var drawn = Draw.Assign(seed.ToString(), candidates, excluded);
            var again = Draw.Assign(seed.ToString(), candidates.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<PersonId>)[.. pair.Value.Reverse()]), excluded);
            if (drawn is null)
            {
                Assert.False(Possible(0, []));
                return;
            }

            Assert.Equal(Parts.Length, drawn.Values.Distinct().Count());
            Assert.All(drawn, pair => Assert.Contains(pair.Value, candidates[pair.Key]));
            Assert.DoesNotContain(People[left], drawn.Values);
            Assert.Equal(drawn.OrderBy(pair => pair.Key), again!.OrderBy(pair => pair.Key));

            bool Possible(int part, HashSet<PersonId> used) => part == Parts.Length || candidates[Parts[part]].Any(person =>
                !excluded.Contains(person) && !used.Contains(person) && Possible(part + 1, [.. used, person]));
        });

    [Fact]
    public void Different_seeds_spread_the_work()
    {
        var candidates = new Dictionary<CasePart, IReadOnlyList<PersonId>> { [CasePart.Reviewer] = People };
        var drawn = Enumerable.Range(0, 700).Select(seed => Draw.Assign($"{seed}", candidates, new HashSet<PersonId>())![CasePart.Reviewer]).CountBy(person => person);
        Assert.All(drawn, pair => Assert.InRange(pair.Value, 60, 140));
        Assert.Equal(People.Length, drawn.Count());
    }
}
