using System.Net;
using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests.Certification;

/// <summary>Where two persons sign, one human with two telephones is one of them.</summary>
public sealed class TwoTelephonesTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task One_human_does_not_sign_twice()
    {
        var first = await market.CertifiedLot(await market.ActiveFarm());
        await market.CertifiedLot(await market.ActiveFarm(), "onion");
        var key = await market.Scalar<string>("select key_id from certification.issuer_key");
        var next = await Done(Role.PlatformAdministrator, "/v1/issuer-keys");
        await market.Advance(TimeSpan.FromHours(25));
        var today = market.Today.ToString("yyyy-MM-dd");
        var reason = new { reason = "A copy of the key folder was lost." };

        var draft = await Done(Role.QualityManager, "/v1/scheme-drafts", new { code = "HONEY-BATCH" });
        var retirement = await Done(Role.QualityManager, "/v1/schemes/HONEY-BATCH/versions/1/retirement", new { lastDay = today, reason = "The act was repealed." });
        var limit = await Done(Role.QualityManager, "/v1/limit-proposals", new
        {
            terms = new
            {
                ruleGroup = "grain", indicator = "lead", kind = "max", highest = 0.5, unit = "mg/kg", regulation = "TR CU 015/2011", annex = "Annex 2",
                source = "The act itself.", confidence = "A", validFrom = today,
            },
        });
        var method = await Done(Role.LaboratorySupervisor, "/v1/laboratory-methods", new
        {
            indicator = "lead", ruleGroups = new[] { "grain" }, method = "ST RK 1505", unit = "mg/kg", quantification = 0.01, lowest = 0.01, highest = 1,
            uncertainty = 20, uncertaintyKind = "relative", accredited = false, validFrom = today, validUntil = today,
        });
        await Done(Role.PlatformAdministrator, $"/v1/issuer-keys/{key}/revocation", reason);
        var replacement = await Done(Role.QualityManager, $"/v1/certificates/{first.Serial}/replacements",
            new { reason = "Too much was certified.", quantity = new { amount = 60_000, unit = "GRM" } });
        var revocation = await Done(Role.QualityManager, "/v1/revocations",
            new { query = new { product = "onion" }, reason = "The laboratory's method was wrong." });

        (string By, string Path, object? Body, string? IfMatch, string Code)[] signatures =
        [
            (Role.ProjectOfficer, $"/v1/scheme-drafts/{draft["id"]}/publication", null, "\"1\"", "own-proposal"),
            (Role.ProjectOfficer, $"/v1/scheme-retirements/{retirement["id"]}/confirmation", null, null, "own-proposal"),
            (Role.ProjectOfficer, $"/v1/limit-proposals/{limit["id"]}/confirmation", null, null, "own-proposal"),
            (Role.QualityManager, $"/v1/laboratory-methods/{method["id"]}/confirmation", null, null, "own-work"),
            (Role.QualityManager, $"/v1/issuer-keys/{next["keyId"]}/activation", null, null, "second-person"),
            (Role.QualityManager, $"/v1/issuer-keys/{key}/revocation/confirmation", null, null, "second-person"),
            (Role.DecisionMaker, $"/v1/certificates/{first.Serial}/replacements/{replacement["id"]}/decision", new { approved = true, reason = "Seen the file." }, null, "second-person"),
            (Role.DecisionMaker, $"/v1/revocations/{revocation["id"]}/confirmation", null, null, "second-person"),
        ];
        await market.Owner("update identity.person set national_number_hash = sha256('one human')");
        var wrong = new List<string>();
        foreach (var (by, path, body, ifMatch, code) in signatures)
        {
            var answer = await Market.Send(market.As(by), HttpMethod.Post, path, body, ifMatch: ifMatch);
            var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync() is { Length: > 0 } text ? text : "{}")!;
            if (answer.StatusCode != HttpStatusCode.Conflict || problem["code"]?.GetValue<string>() != code)
            {
                wrong.Add($"{path}: {problem}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));

        // Two humans may.
        await market.Owner("update identity.person set national_number_hash = sha256(id::text::bytea)");
        foreach (var (by, path, body, ifMatch, _) in signatures.Where(one => one.Path.Contains("scheme", StringComparison.Ordinal) || one.Path.Contains("limit", StringComparison.Ordinal)))
        {
            await Market.Body(await Market.Send(market.As(by), HttpMethod.Post, path, body, ifMatch: ifMatch));
        }
    }

    private async Task<JsonNode> Done(string by, string path, object? body = null) => await Market.Body(await market.Post(by, path, body));
}
