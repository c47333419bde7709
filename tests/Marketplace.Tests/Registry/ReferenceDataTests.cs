using Marketplace.Registry.Territories;

namespace Marketplace.Tests.Registry;

public sealed class ReferenceDataTests
{
    private static readonly List<ReferenceData.Row> Rows = ReferenceData.Read();

    [Fact]
    public void The_whole_classifier_is_there()
    {
        var kazakh = Rows.Where(row => row.Code.StartsWith("kz-", StringComparison.Ordinal)).ToList();
        Assert.Equal(15_594, kazakh.Count);
        Assert.Equal(
            "district 209, oblast 20, okrug 2379, village 12986",
            string.Join(", ", kazakh.GroupBy(row => row.Level).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Key} {group.Count()}")));
        Assert.Equal(2_461, Rows.Count(row => row.Code.StartsWith("kg-", StringComparison.Ordinal) && row.Level == "village"));
    }

    [Fact]
    public void Every_path_leads_from_a_country_to_the_territory()
    {
        var known = Rows.ToDictionary(row => row.Code, StringComparer.Ordinal);
        Assert.All(Rows, row =>
        {
            Assert.Contains(row.Path[0], (string[])["kz", "kg"]);
            Assert.Equal(row.Code, row.Path[^1]);
            Assert.Equal(row.Parent, row.Path.Length > 1 ? row.Path[^2] : null);
            Assert.True(row.Parent is null || known.ContainsKey(row.Parent));
            Assert.False(row.NameKk.Length == 0 || row.NameRu.Length == 0);
        });
        Assert.True(known["kz-103230100"].Habitable);
        Assert.True(known["kz-101010000"].Habitable, "a town without villages is a place to farm in");
        Assert.False(known["kz-103200000"].Habitable);
    }
}
