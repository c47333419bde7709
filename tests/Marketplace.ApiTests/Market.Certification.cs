using System.Text.Json.Nodes;
using Marketplace.Contracts;

namespace Marketplace.ApiTests;

public sealed partial class Market
{
    private static int seal = 1000;

    /// <summary>A lot certified by its story over HTTP, from the draft to the decision.</summary>
    public async Task<CertifiedLotStory> CertifiedLot(Farm farm, string product = "potato", long amount = 100_000)
    {
        var (application, lot) = await CaseAwaitingDecision(farm, product, amount);
        var outcome = await Body(await Decide(application, granted: true));
        return new CertifiedLotStory(lot, application, outcome["certificate"]!.GetValue<string>());
    }

    public async Task<(Guid Application, LotId Lot)> DraftedCase(Farm farm, string product = "potato", long amount = 100_000)
    {
        var lot = await DeclaredLot(farm, product, amount);
        var drafted = await Body(await Post(farm.Head, "/v1/applications", new { lot }));
        return (drafted["id"]!.GetValue<Guid>(), lot);
    }

    public async Task<(Guid Application, LotId Lot)> SubmittedCase(Farm farm, string product = "potato", long amount = 100_000)
    {
        var (application, lot) = await DraftedCase(farm, product, amount);
        await Body(await Post(farm.Head, $"/v1/applications/{application}/submission"));
        return (application, lot);
    }

    public async Task<(Guid Application, LotId Lot)> AcceptedCase(Farm farm, string product = "potato", long amount = 100_000)
    {
        var (application, lot) = await SubmittedCase(farm, product, amount);
        await Body(await Accept(application));
        return (application, lot);
    }

    public async Task<(Guid Application, LotId Lot)> SampledCase(Farm farm, string product = "potato", long amount = 100_000)
    {
        var (application, lot) = await AcceptedCase(farm, product, amount);
        await Body(await TakeSample(application));
        return (application, lot);
    }

    public async Task<(Guid Application, LotId Lot)> TestedCase(Farm farm, string product = "potato", long amount = 100_000, bool failing = false)
    {
        var (application, lot) = await SampledCase(farm, product, amount);
        await Body(await EnterResults(application, GoodResults(product, failing)));
        return (application, lot);
    }

    public async Task<(Guid Application, LotId Lot)> CaseInReview(Farm farm, string product = "potato", long amount = 100_000, bool failing = false)
    {
        var (application, lot) = await TestedCase(farm, product, amount, failing);
        await Body(await Post(Role.LaboratorySupervisor, $"/v1/applications/{application}/results/approval"));
        return (application, lot);
    }

    public async Task<(Guid Application, LotId Lot)> CaseAwaitingDecision(Farm farm, string product = "potato", long amount = 100_000, bool failing = false)
    {
        var (application, lot) = await CaseInReview(farm, product, amount, failing);
        await Body(await Post(Role.Reviewer, $"/v1/applications/{application}/review", new { recommendGrant = !failing, reason = "Seen the file." }));
        return (application, lot);
    }

    /// <summary>A case whose results fail, refused.</summary>
    public async Task<(Farm Farm, Guid Application)> RefusedCase()
    {
        var farm = await ActiveFarm();
        var (application, _) = await CaseAwaitingDecision(farm, failing: true);
        await Body(await Decide(application, granted: false));
        return (farm, application);
    }

    /// <summary>Hands in, through the co-operative, whatever the case still lacks, and has it found complete.</summary>
    public async Task<HttpResponseMessage> Accept(Guid application)
    {
        await HandInTheRest(application);
        return await Post(Role.IntakeOfficer, $"/v1/applications/{application}/completeness", new { complete = true });
    }

    /// <summary>A sample as large as the scheme of the case asks, a fifth of it retained under a seal of its own.</summary>
    public async Task<HttpResponseMessage> TakeSample(Guid application, DateTimeOffset? takenAt = null, string? sealNumber = null)
    {
        var number = sealNumber ?? $"S-{Interlocked.Increment(ref seal)}";
        var asked = (await Scalar<string>($"""
            select concat_ws(' ', s.sample_amount, s.sample_unit, coalesce((select sample_count from certification.evaluation_plan where application = a.id), s.sample_count))
              from certification.application a join certification.scheme s on s.code = a.scheme and s.version = a.scheme_version
             where a.id = '{application}' and s.sample_unit is not null
            """) ?? "1000 GRM 1").Split(' ');
        var (amount, unit) = (long.Parse(asked[0], System.Globalization.CultureInfo.InvariantCulture), asked[1]);
        return await Post(Role.Sampler, $"/v1/applications/{application}/samples", new
        {
            takenAt = takenAt ?? Clock.GetUtcNow().AddSeconds(-2),
            quantity = new { amount, unit },
            sealNumber = number,
            increments = int.Parse(asked[2], System.Globalization.CultureInfo.InvariantCulture),
            retained = new { quantity = new { amount = amount / 5, unit }, sealNumber = number + "-R" },
        });
    }

    public Task<HttpResponseMessage> EnterResults(Guid application, object values) =>
        Post(Role.LaboratoryAnalyst, $"/v1/applications/{application}/results", new { values });

    public Task<HttpResponseMessage> Decide(Guid application, bool granted, string by = Role.DecisionMaker, string? key = null) =>
        Post(by, $"/v1/applications/{application}/decision", new { granted, reason = granted ? "Conforms." : "Does not conform." }, key);

    /// <summary>Results that pass for a product; with one that breaks its limit when failing.</summary>
    public static object[] GoodResults(string product, bool failing = false) => product.StartsWith("milk", StringComparison.Ordinal)
        ?
        [
            Value("chloramphenicol", failing ? 0.0004 : 0.0002), Value("tetracyclines", 0.005), Value("streptomycin", 0.1), Value("penicillin", 0.001),
        ]
        : [Value("lead", failing ? 0.6 : 0.1), Value("arsenic", 0.05), Value("nitrates", 50)];

    public static object Value(string indicator, double value, string unit = "mg/kg") => new { indicator, value, unit, method = "ST RK 1505" };

    public async Task<JsonNode> ReadCase(Guid application, string by = Role.Auditor) => await Body(await Get(by, $"/v1/applications/{application}"));

    /// <summary>A lot, its case and its certificate.</summary>
    public sealed record CertifiedLotStory(LotId Lot, Guid Application, string Serial);
}
