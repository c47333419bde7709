using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Marketplace.Contracts;

namespace Marketplace.Tests;

/// <summary>What holds the modules apart, read from the folders.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] Schemas = [.. Source.Modules.Select(module => module.ToLowerInvariant())];

    [Fact]
    public void A_module_knows_the_contracts_and_nothing_else_of_ours() =>
        Assert.All(Source.Modules, module => Assert.Equal(["Contracts"], References(module)));

    [Fact]
    public void Only_the_composing_projects_see_modules()
    {
        Source.Nothing(References("Kernel"));
        Assert.Equal(["Kernel"], References("Contracts"));
        // The command line speaks HTTP; it shares only the check of a label, which needs no network.
        Assert.Equal(["Certification", "Orders"], References("Cli"));
        Source.Nothing(References("Web").Except(Source.Modules));
        Source.Nothing(References("Api").Except([.. Source.Modules, "Web"]));
    }

    [Fact]
    public void A_module_names_no_table_of_another()
    {
        var foreign =
            from module in Source.Modules.Append("Kernel")
            from file in Source.Files($"src/Marketplace.{module}", ".cs", ".sql")
            from line in file.Lines
            where !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal) && !line.Text.TrimStart().StartsWith("--", StringComparison.Ordinal)
            from Match named in TableName().Matches(line.Text)
            let schema = named.Groups["schema"].Value
            let table = named.Groups["table"].Value
            where Schemas.Contains(schema) && !schema.Equals(module, StringComparison.OrdinalIgnoreCase) && !table.StartsWith("public_", StringComparison.Ordinal)
            select $"{file.Path}: {schema}.{table}";

        // Every first batch asks whether the session still stands. The question is a function of the owner's, and a round trip saved.
        Assert.Equal(["src/Marketplace.Kernel/Database.cs: identity.standing"], foreign);
    }

    [Fact]
    public void Every_table_is_protected_or_shared_for_a_reason()
    {
        var schemas = Source.Files("src", ".sql").Where(file => file.Path.Contains("/Schema/", StringComparison.Ordinal)).ToList();
        var created = schemas.SelectMany(file => CreateTable().Matches(file.Text)).Select(match => match.Groups["name"].Value).ToList();
        var protectedOnes = schemas.SelectMany(file => Protect().Matches(file.Text)).Select(match => match.Groups["name"].Value).ToHashSet();

        Assert.True(created.Count > 50, "the tables were not found");
        Source.Nothing(created.Except(protectedOnes).Except(SharedTables.Reasons.Keys));
        Assert.All(SharedTables.Reasons.Keys, shared => Assert.Contains(shared, created));
        Source.Nothing(SharedTables.Reasons.Keys.Intersect(protectedOnes));
    }

    [Fact]
    public void Time_is_handed_in() => Source.Nothing(Source.Find(MachineTime(), "src", ".cs", ".cshtml"));

    [Fact]
    public void No_failure_is_swallowed_whole() => Source.Nothing(Source.Find(CatchAll(), "src", ".cs"));

    [Fact]
    public void Files_are_named_after_what_they_are_about() =>
        Assert.DoesNotContain(Source.Files("src"), file => Nameless().IsMatch(Path.GetFileName(file.Path)));

    [Fact]
    public void Names_on_the_wire_are_unique()
    {
        // Equal names would merge into one schema of the OpenAPI document.
        var assemblies = Source.Modules.Append("Contracts").Append("Kernel").Select(module => Assembly.Load($"Marketplace.{module}"));
        var twice = assemblies.SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => !type.IsNested && !(type.IsAbstract && type.IsSealed))
            .GroupBy(type => type.Name).Where(group => group.Count() > 1).Select(group => string.Join(", ", group));
        Source.Nothing(twice);
    }

    [Fact]
    public void Events_carry_no_personal_data()
    {
        string[] personal = ["Phone", "Name", "FirstName", "LastName", "Holder", "Iban", "Iin", "NationalNumber", "Address", "Email", "BirthDate"];
        var cards = typeof(LotId).Assembly.GetExportedTypes().Where(type => type.IsClass && PastTense().IsMatch(type.Name));
        Source.Nothing(cards.SelectMany(type => type.GetProperties().Where(property => personal.Contains(property.Name)).Select(property => $"{type.Name}.{property.Name}")));
    }

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(Path.Combine(Repository.Root, "src", $"Marketplace.{project}", $"Marketplace.{project}.csproj")).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')).Replace("Marketplace.", "", StringComparison.Ordinal));

    // C# members after a dot begin with a capital; what begins small is SQL.
    [GeneratedRegex(@"\b(?<schema>[a-z]+)\.(?<table>[a-z][a-z0-9_]*)\b")]
    private static partial Regex TableName();

    [GeneratedRegex(@"^create (unlogged )?table (if not exists )?(?<name>[a-z_.]+) \(", RegexOptions.Multiline)]
    private static partial Regex CreateTable();

    [GeneratedRegex(@"kernel\.protect\('(?<name>[a-z_.]+)'")]
    private static partial Regex Protect();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(UtcNow|Now|Today)\b")]
    private static partial Regex MachineTime();

    [GeneratedRegex(@"catch \((System\.)?Exception( \w+)?\)(?!\s*when\b)|catch\s*\{\s*\}")]
    private static partial Regex CatchAll();

    [GeneratedRegex(@"Helper|Utils|Utilities|Manager|Common|Service\.cs$")]
    private static partial Regex Nameless();

    [GeneratedRegex("(ed|Changed|Issued|Paid|Chosen|Out|Silence|Firm)$")]
    private static partial Regex PastTense();
}
