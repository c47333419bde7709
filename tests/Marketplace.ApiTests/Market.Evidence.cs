using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Tests;

namespace Marketplace.ApiTests;

public sealed partial class Market
{
    /// <summary>Sends a file as the whole body of a request.</summary>
    public async Task<HttpResponseMessage> SendFile(Member by, Guid application, byte[] file, string? said = null) =>
        await SendFile(As(by), application, file, said);

    public static async Task<HttpResponseMessage> SendFile(HttpClient client, Guid application, byte[] file, string? said = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/applications/{application}/files") { Content = new ByteArrayContent(file) };
        request.Content.Headers.ContentType = said is null ? null : MediaTypeHeaderValue.Parse(said);
        request.Content.Headers.TryAddWithoutValidation("Content-Disposition", "attachment; filename=\"../../etc/scan.pdf.exe\"");
        return await client.SendAsync(request);
    }

    /// <summary>Hands in a document with a case, with a scan unless it has a number.</summary>
    public async Task<HttpResponseMessage> HandIn(Farm farm, Guid application, string requirement, object? more = null)
    {
        var document = Wired(more ?? new { });
        document["requirement"] = requirement;
        if (document["number"] is null && document["value"] is null)
        {
            var scan = await Body(await SendFile(farm.Head, application, SampleFiles.Pdf($"/Title ({farm.Household} {requirement})")));
            document["files"] = new JsonArray(scan["hash"]!.GetValue<string>());
        }

        return await Post(farm.Head, $"/v1/applications/{application}/documents", new JsonObject { ["new"] = document }.ToJsonString());
    }

    /// <summary>Hands in every required submission that is missing, by the co-operative's manager, who may hand in the applicant's too.</summary>
    public async Task HandInTheRest(Guid application)
    {
        var missing = (await ReadCase(application))["submissions"]!.AsArray().Where(one => one!["state"]!.GetValue<string>() == "missing");
        foreach (var requirement in missing.Select(one => one!["requirement"]!.GetValue<string>()))
        {
            var number = Guid.NewGuid().ToString("N")[..12];
            var (veterinaryForm, externalStatus) = requirement == "veterinary-document" ? ("form2", "unknown") : (null, null);
            await Body(await Post(Role.CooperativeManager, $"/v1/applications/{application}/documents",
                new { @new = new { requirement, number, issuer = "Okrug office", issuedOn = Today.ToString("yyyy-MM-dd"), value = "1", veterinaryForm, externalStatus } }));
        }
    }

    private static JsonObject Wired(object members) => System.Text.Json.JsonSerializer.SerializeToNode(members, Wire)!.AsObject();
}
