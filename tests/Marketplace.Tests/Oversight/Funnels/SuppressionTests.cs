using CsCheck;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Oversight.Funnels;

namespace Marketplace.Tests.Oversight.Funnels;

public sealed class SuppressionTests
{
    [Theory]
    [InlineData("6 9 0", "")]
    [InlineData("2 6 9", "2 6")]
    [InlineData("3 3 9", "3 3")]
    [InlineData("1 1 9", "1 1 9")]
    [InlineData("4 0", "4")]
    [InlineData("1 20 30", "1 20")]
    public void Few_households_are_hidden_with_as_few_others_as_it_takes(string households, string hidden)
    {
        var parts = households.Split(' ').Select((count, at) => (at, Count: int.Parse(count))).ToDictionary(part => part.at, part => part.Count);
        Assert.Equal(hidden, string.Join(' ', Suppression.Hidden(parts).Order().Select(part => parts[part])));
    }

    [Fact]
    public void The_whole_less_what_is_shown_never_tells_of_fewer_than_five_households() => Gen.Int[0, 12].Array[1, 8].Sample(counts =>
    {
        var parts = counts.Select((count, at) => (at, count)).ToDictionary(part => part.at, part => part.count);
        var hidden = Suppression.Hidden(parts);
        var rest = hidden.Sum(part => parts[part]);
        return parts.All(part => part.Value is 0 or >= Suppression.Fewest || hidden.Contains(part.Key))
            && (hidden.Count == 0 || rest >= Suppression.Fewest || rest == counts.Sum());
    });

    [Fact]
    public void Every_official_sees_what_the_duty_is()
    {
        TerritoryCode[] path = [TerritoryCode.From("kz"), TerritoryCode.From("kz-61"), TerritoryCode.From("kz-6152")];
        var seen = from role in new[] { Role.OkrugAkim, Role.DistrictOfficer, Role.ProjectOfficer, Role.Auditor, Role.PlatformAdministrator, Role.RetailBuyer }
                   from territory in new[] { "kz-6152", "kz-61", "kz-43", null }
                   select $"{role} {territory ?? "everywhere"}: {Duties.Of(new Actor("demo", null, new HashSet<string> { role }, Territory: territory), path)}";
        Assert.Equal(
            """
            okrug_akim kz-6152: Own
            okrug_akim kz-61: Own
            okrug_akim kz-43: None
            okrug_akim everywhere: None
            district_officer kz-6152: Own
            district_officer kz-61: Own
            district_officer kz-43: Outside
            district_officer everywhere: Outside
            project_officer kz-6152: Own
            project_officer kz-61: Own
            project_officer kz-43: Outside
            project_officer everywhere: Own
            auditor kz-6152: Own
            auditor kz-61: Own
            auditor kz-43: Outside
            auditor everywhere: Own
            platform_administrator kz-6152: Outside
            platform_administrator kz-61: Outside
            platform_administrator kz-43: Outside
            platform_administrator everywhere: Outside
            retail_buyer kz-6152: None
            retail_buyer kz-61: None
            retail_buyer kz-43: None
            retail_buyer everywhere: None
            """, string.Join('\n', seen));
    }
}
