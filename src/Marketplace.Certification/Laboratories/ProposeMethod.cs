using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A method a laboratory reports by, as its accreditation says.</summary>
/// <param name="Indicator">Code of the indicator.</param>
/// <param name="RuleGroups">1 to 60 groups of goods, as the limits name them.</param>
/// <param name="Method">2 to 100 characters, for example a standard's number; results name it.</param>
/// <param name="Unit">The unit results come in; for presence the sample examined, for example <c>25 g</c>.</param>
/// <param name="Quantification">Limit of quantification, 0 or more.</param>
/// <param name="Lowest">Lower end of the range, 0 or more.</param>
/// <param name="Highest">Upper end of the range.</param>
/// <param name="Uncertainty">Expanded uncertainty, k = 2; at most 100 % or, when absolute, the lowest value that can be reported.</param>
/// <param name="UncertaintyKind">How it is stated.</param>
/// <param name="Accredited">Whether the accreditation covers it; only then it covers a result.</param>
/// <param name="ValidFrom">First day.</param>
/// <param name="ValidUntil">Last day.</param>
/// <param name="AccreditationNumber">2 to 60 characters; required when accredited.</param>
public sealed record MethodProposal(
    [TextLength(40, MinimumLength = 2)] string Indicator, [MinLength(1), MaxLength(60)] IReadOnlyList<string> RuleGroups,
    [TextLength(100, MinimumLength = 2)] string Method, [TextLength(20, MinimumLength = 1)] string Unit,
    [Range(typeof(decimal), "0", "1000000000", ParseLimitsInInvariantCulture = true)] decimal Quantification,
    [Range(typeof(decimal), "0", "1000000000", ParseLimitsInInvariantCulture = true)] decimal Lowest,
    [Range(typeof(decimal), "0", "1000000000", ParseLimitsInInvariantCulture = true)] decimal Highest,
    [Range(typeof(decimal), "0", "1000000000", ParseLimitsInInvariantCulture = true)] decimal Uncertainty, UncertaintyKind UncertaintyKind, bool Accredited,
    DateOnly ValidFrom, DateOnly ValidUntil, [TextLength(60, MinimumLength = 2)] string? AccreditationNumber = null);

/// <summary>POST /v1/laboratory-methods.</summary>
public static class ProposeMethod
{
    internal static void Map(RouteGroupBuilder methods) =>
        methods.MapPost("", Handle).WithName("proposeLaboratoryMethod").InPersonOnly().Requires(Role.LaboratorySupervisor).Moves();

    /// <summary>Enter a row of your laboratory's scope; it counts once a quality manager confirmed it.</summary>
    /// <remarks>400 `unknown-indicator`, `unknown-group`, `bad-range`, `bad-dates`, `absurd-uncertainty`, `accreditation-missing`.</remarks>
    public static async Task<Results<Created<LaboratoryMethodDetails>, ProblemHttpResult>> Handle(
        MethodProposal method, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Answer.Created(await Propose(method, database, cancel), made => $"/v1/laboratory-methods/{made.Id}");
    }

    internal static async Task<Outcome<LaboratoryMethodDetails>> Propose(MethodProposal method, Database database, CancellationToken cancel)
    {
        if (method.Highest < method.Lowest)
        {
            return Refusal.Invalid("#/highest", "bad-range", "A range ends where it begins or above.");
        }

        if (method.ValidUntil < method.ValidFrom)
        {
            return Refusal.Invalid("#/validUntil", "bad-dates", "It ends before it begins.");
        }

        if (method.Uncertainty > (method.UncertaintyKind == UncertaintyKind.Relative ? 100 : Math.Max(method.Quantification, method.Lowest)))
        {
            return Refusal.Invalid("#/uncertainty", "absurd-uncertainty", "The uncertainty is larger than the value itself.");
        }

        if (method.Accredited && method.AccreditationNumber is null)
        {
            return Refusal.Invalid("#/accreditationNumber", "accreditation-missing", "Name the accreditation that covers this method.");
        }

        if (!await database.Value<bool>($"select exists (select from certification.indicator where code = {method.Indicator})", cancel))
        {
            return Refusal.Invalid("#/indicator", "unknown-indicator", "There is no such indicator.");
        }

        var groups = method.RuleGroups.Distinct(StringComparer.Ordinal).ToArray();
        if (await RuleGroups.Unknown(groups, database, cancel))
        {
            return Refusal.Invalid("#/ruleGroups", "unknown-group", "There is no such group of goods.");
        }

        var id = LaboratoryMethodId.New();
        await database.Execute($"""
            with proposed as (
                insert into certification.laboratory_method (id, laboratory, indicator, rule_groups, method, unit, quantification, lowest, highest, uncertainty,
                       uncertainty_kind, accredited, accreditation_number, valid_from, valid_until)
                values ({id}, {database.Actor.Organisation}, {method.Indicator}, {groups}, {method.Method.Trim()}, {method.Unit}, {method.Quantification},
                        {method.Lowest}, {method.Highest}, {method.Uncertainty}, {method.UncertaintyKind}, {method.Accredited},
                        {method.AccreditationNumber}, {method.ValidFrom}, {method.ValidUntil})
                returning id)
            select kernel.append(id, {nameof(MethodProposed)}, {Event.Text(new MethodProposed(id, method.Indicator))}) from proposed
            """, cancel);
        return (await LaboratoryMethodDetails.Of(Sql.Of($"id = {id}"), database, cancel))[0];
    }
}

internal sealed record MethodProposed(LaboratoryMethodId Method, string Indicator);
