using Marketplace.Certification;
using Marketplace.Cli.Labels;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Cli;

/// <summary>The command line with nothing but three saved files.</summary>
public sealed class VerifyCommandTests(Market market) : IClassFixture<Market>, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("marketplace-cli").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_label_and_a_credential_are_told_by_their_exit_codes()
    {
        var serial = (await market.CertifiedLot(await market.ActiveFarm())).Serial;
        var label = (await Market.Body(await market.Get((string?)null, $"/v1/certificates/{serial}")))["label"]!.GetValue<string>();
        var (keys, status) = (await Saved("/v1/issuer-keys"), await Saved("/v1/status-lists"));
        var credential = await Saved($"/v1/certificates/{serial}/credential");
        Assert.Equal(0, await Run(label, "--keys", keys, "--status", status));
        Assert.Equal(0, await Run("--credential", credential, "--keys", keys, "--status", status));
        Assert.Equal(3, await Run(label, "--keys", keys));
        Assert.Equal(3, await Run("--credential", credential, "--keys", keys));

        await Market.Body(await market.Post(Role.QualityManager, $"/v1/certificates/{serial}/suspension", new { reason = "A tip was followed up." }));
        status = await Saved("/v1/status-lists");
        Assert.Equal(1, await Run(label, "--keys", keys, "--status", status));
        Assert.Equal(1, await Run("--credential", credential, "--keys", keys, "--status", status));

        var touched = Path.Combine(folder, "touched.json");
        await File.WriteAllTextAsync(touched, (await File.ReadAllTextAsync(credential)).Replace("GRM", "H87", StringComparison.Ordinal));
        Assert.Equal(1, await Run("--credential", touched, "--keys", keys, "--status", status));
        var none = Path.Combine(folder, "none.json");
        await File.WriteAllTextAsync(none, "[]");
        Assert.Equal(3, await Run(label, "--keys", none, "--status", status));
        Assert.Equal(2, await Run(label, "--keys", Path.Combine(folder, "missing.json")));
        Assert.Equal(2, await Run(label, "--keys", status));
        Assert.NotEqual(0, await Run());
        Assert.NotEqual(0, await Run("--credential", credential));
    }

    private static Task<int> Run(params string[] arguments) => VerifyCommand.Build().Parse([.. arguments, "--json"]).InvokeAsync();

    private async Task<string> Saved(string path)
    {
        var file = Path.Combine(folder, $"{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, await (await market.Get((string?)null, path)).Content.ReadAsStringAsync());
        return file;
    }
}
