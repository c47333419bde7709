using Marketplace.Api;
using Marketplace.Api.Demo;
using Marketplace.Api.OpenApi;
using Marketplace.Api.Operator;

// For the container's health check, whose image has no curl: ends with 0 when the address answers well.
if (args is ["--health", var address])
{
    using var probe = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
    return (await probe.GetAsync(new Uri(address))).IsSuccessStatusCode ? 0 : 1;
}

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
var home = await DatabaseHome.Open(builder.Configuration, CancellationToken.None);

builder.Services.AddDatabase(home);
builder.Services.AddHttpRules();
builder.Services.AddModules();
builder.Services.AddDescription();
builder.AddObservability();
builder.AddDemoTenant();

var app = builder.Build();
if (args is ["--new-tenant", var id, var name, var country, .. var phones])
{
    var made = await NewTenant.Make(id, name, country, phones, home, app.Services);
    await home.DisposeAsync();
    return made;
}

if (args is ["--merge-territories", var from, var into, var on, var source])
{
    var merged = await MergeTerritories.Merge(from, into, on, source, home);
    await home.DisposeAsync();
    return merged;
}

app.UseHttpRules();
app.MapModules();
app.MapDescription();
app.MapHealth();
app.SealRoutes();

await app.Begin();
await app.RunAsync();
await home.DisposeAsync();
return 0;

/// <summary>The API's process.</summary>
public partial class Program;
