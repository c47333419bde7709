using YamlDotNet.RepresentationModel;

namespace Marketplace.Tests;

/// <summary>No engine runs here: the compose file is read and held to what it promises.</summary>
public sealed class ComposeTests
{
    private static readonly YamlMappingNode File = Load();

    [Theory]
    [InlineData("api")]
    [InlineData("database")]
    [InlineData("search")]
    public void Every_service_has_a_health_check_and_few_rights(string name)
    {
        var service = (YamlMappingNode)File["services"][name];
        Assert.True(service.Children.ContainsKey("healthcheck"), "no health check");
        Assert.Contains("no-new-privileges:true", ((YamlSequenceNode)service["security_opt"]).Select(item => item.ToString()));
        Assert.Contains("ALL", ((YamlSequenceNode)service["cap_drop"]).Select(item => item.ToString()));
    }

    [Theory]
    [InlineData("api")]
    [InlineData("database")]
    public void Roots_are_read_only_where_possible(string name) => Assert.Equal("true", File["services"][name]["read_only"].ToString());

    [Fact]
    public void Nobody_runs_as_root()
    {
        Assert.Equal("postgres", File["services"]["database"]["user"].ToString());
        Assert.NotEqual("0", File["services"]["search"]["user"].ToString().Split(':')[0]);
        Assert.Contains("USER $APP_UID", System.IO.File.ReadAllText(Path.Combine(Repository.Root, "infra", "Dockerfile")));
    }

    [Fact]
    public void The_api_waits_for_healthy_neighbours_and_listens_on_loopback_only()
    {
        foreach (var neighbour in (string[])["database", "search"])
        {
            Assert.Equal("service_healthy", File["services"]["api"]["depends_on"][neighbour]["condition"].ToString());
        }

        Assert.All((YamlSequenceNode)File["services"]["api"]["ports"], port => Assert.StartsWith("127.0.0.1:", port.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_mounted_from_the_repository_is_there()
    {
        var mounts = ((YamlMappingNode)File["services"]).Children.Values.OfType<YamlMappingNode>()
            .Where(service => service.Children.ContainsKey("volumes")).SelectMany(service => (YamlSequenceNode)service["volumes"])
            .Select(volume => volume.ToString().Split(':')[0]).Where(source => source.StartsWith("./", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(mounts);
        Assert.All(mounts, source => Assert.True(System.IO.File.Exists(Path.Combine(Repository.Root, source)), source));
    }

    [Fact]
    public void No_secret_stands_in_the_file() =>
        Assert.DoesNotMatch("(?i)password:\\s*[^{\\s]", System.IO.File.ReadAllText(Path.Combine(Repository.Root, "docker-compose.yml")).Replace("admin_password: {", "", StringComparison.Ordinal));

    private static YamlMappingNode Load()
    {
        using var reader = System.IO.File.OpenText(Path.Combine(Repository.Root, "docker-compose.yml"));
        var yaml = new YamlStream();
        yaml.Load(reader);
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }
}

/// <summary>Where the repository is, for tests that read its files.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Marketplace.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
