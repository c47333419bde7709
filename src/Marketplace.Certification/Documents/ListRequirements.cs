using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Something a scheme may require.</summary>
/// <param name="Code">For example <c>household-book-extract</c>.</param>
/// <param name="Form"><c>document</c>: a file, or a number with its issuer; <c>data</c>: a value.</param>
/// <param name="Owner"><c>household</c> or <c>applicant</c>: whose it is, and for whose later cases it counts.</param>
/// <param name="PerProduct">True when it counts for one product only.</param>
/// <param name="ValidityDays">Days it counts from its date when it names no end itself; absent is for ever.</param>
/// <param name="TitleEn">Title in English.</param>
/// <param name="TitleRu">Title in Russian.</param>
/// <param name="TitleKk">Title in Kazakh.</param>
/// <param name="TitleKy">Title in Kyrgyz.</param>
public sealed record Requirement(
    string Code, string Form, string Owner, bool PerProduct, int? ValidityDays, string TitleEn, string TitleRu, string TitleKk, string TitleKy)
{
    internal static Task<Requirement?> Find(string code, Database database, CancellationToken cancel) => database.Find<Requirement>($"""
        select code, form, owner, per_product, validity_days, title_en, title_ru, title_kk, title_ky from certification.requirement where code = {code}
        """, cancel);

    /// <summary>The codes of what plain words name by its title, in whichever language.</summary>
    internal static Task<List<string>> NamedIn(IReadOnlyList<string> words, Database database, CancellationToken cancel) => database.List<string>($"""
        select r.code from certification.requirement r
         where exists (select from unnest({words.ToArray()}) as said, unnest(array[r.title_en, r.title_ru, r.title_kk, r.title_ky]) as title
                        where position(lower(title) in lower(said)) > 0) order by r.code
        """, cancel);

    internal static async Task<bool> Unknown(IReadOnlyList<string> codes, Database database, CancellationToken cancel) =>
        await database.Value<bool>($"""
            select exists (select from unnest({codes.ToArray()}) as code where code not in (select code from certification.requirement))
            """, cancel);
}

/// <summary>GET /v1/requirements.</summary>
public static class ListRequirements
{
    internal static void Map(RouteGroupBuilder requirements) => requirements.MapGet("", Handle).WithName("listRequirements").Anyone();

    /// <summary>List what schemes may require.</summary>
    public static async Task<Ok<List<Requirement>>> Handle(Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        return TypedResults.Ok(await database.List<Requirement>($"""
            select code, form, owner, per_product, validity_days, title_en, title_ru, title_kk, title_ky from certification.requirement order by code
            """, cancel));
    }
}
