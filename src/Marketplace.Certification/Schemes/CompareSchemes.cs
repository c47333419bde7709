using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>One difference between two versions.</summary>
/// <param name="Path">What differs, in words of the terms: <c>steps/take-sample/workingDays</c>.</param>
/// <param name="Before">What it was; absent where there was nothing.</param>
/// <param name="After">What it is; absent where nothing is left.</param>
public sealed record SchemeChange(string Path, string? Before, string? After);

/// <summary>How two versions differ.</summary>
/// <param name="Code">The scheme.</param>
/// <param name="From">The version before.</param>
/// <param name="To">The version after; absent for a draft.</param>
/// <param name="Changes">Every difference, in the order of the terms.</param>
public sealed record SchemeComparison(string Code, int From, int? To, IReadOnlyList<SchemeChange> Changes)
{
    private static readonly string[] Keys = ["task", "ruleGroup", "item"];

    /// <summary>Differences of two terms: of values by their path, of lists of words and of the order of steps as one line each.</summary>
    internal static IReadOnlyList<SchemeChange> Between(SchemeTerms before, SchemeTerms after)
    {
        var (old, now) = (Lines(before), Lines(after));
        return [.. old.Keys.Union(now.Keys).Select(path => new SchemeChange(path, old.GetValueOrDefault(path), now.GetValueOrDefault(path)))
            .Where(change => change.Before != change.After)];
    }

    private static Dictionary<string, string> Lines(SchemeTerms terms)
    {
        var lines = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("", JsonSerializer.SerializeToNode<SchemeTerms>(terms, Event.Json)!);
        return lines;

        void Add(string path, JsonNode node)
        {
            switch (node)
            {
                case JsonObject members:
                    foreach (var (name, member) in members.Where(pair => pair.Value is not null))
                    {
                        Add(path.Length == 0 ? name : $"{path}/{name}", member!);
                    }

                    break;
                case JsonArray items when items.FirstOrDefault() is JsonObject first:
                    var key = Keys.First(first.ContainsKey);
                    lines[path] = string.Join(", ", items.Select(item => item![key]!.ToString()));
                    foreach (var item in items)
                    {
                        Add($"{path}/{item![key]}", item);
                    }

                    break;
                case JsonArray words:
                    lines[path] = string.Join(", ", words.Select(word => word!.ToString()));
                    break;
                default:
                    lines[path] = node.ToString();
                    break;
            }
        }
    }
}

/// <summary>GET /v1/schemes/{code}/comparison.</summary>
public static class CompareSchemes
{
    internal static void Map(RouteGroupBuilder schemes) => schemes.MapGet("/{code}/comparison", Handle).WithName("compareSchemes").Anyone();

    /// <summary>Compare two versions of a scheme.</summary>
    /// <param name="from">The version before.</param>
    /// <param name="to">The version after.</param>
    public static async Task<Results<Ok<SchemeComparison>, ProblemHttpResult>> Handle(
        [TextLength(31)] string code, Database database, CancellationToken cancel, [Range(1, int.MaxValue)] int from, [Range(1, int.MaxValue)] int to) =>
        Answer.Ok(await ShowScheme.Find(code, from, database, cancel) is { } before && await ShowScheme.Find(code, to, database, cancel) is { } after
            ? new SchemeComparison(code, from, to, SchemeComparison.Between(before, after))
            : (Outcome<SchemeComparison>)Refusal.NotFound);
}

/// <summary>GET /v1/scheme-drafts/{id}/comparison.</summary>
public static class CompareSchemeDraft
{
    internal static void Map(RouteGroupBuilder drafts) =>
        drafts.MapGet("/{id}/comparison", Handle).WithName("compareSchemeDraft").Requires(SchemeDraft.Readers);

    /// <summary>Compare a draft with the version it was copied from.</summary>
    public static async Task<Results<Ok<SchemeComparison>, ProblemHttpResult>> Handle(SchemeDraftId id, Database database, CancellationToken cancel) =>
        Answer.Ok(await SchemeDraft.Find(id, database, cancel) is { } draft
            && await ShowScheme.Find(draft.Code, draft.BasedOn, database, cancel) is { } before
            ? new SchemeComparison(draft.Code, draft.BasedOn, null, SchemeComparison.Between(before, draft.Details.Terms))
            : (Outcome<SchemeComparison>)Refusal.NotFound);
}
