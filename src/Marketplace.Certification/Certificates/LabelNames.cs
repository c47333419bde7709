using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>The names behind the codes on labels that may still be valid, in one language.</summary>
/// <param name="Products">Product names by code.</param>
/// <param name="Villages">Village names by territory code.</param>
/// <param name="Issuers">Names of certification bodies by id.</param>
internal sealed record LabelNames(
    IReadOnlyDictionary<string, string> Products, IReadOnlyDictionary<string, string> Villages, IReadOnlyDictionary<string, string> Issuers)
{
    /// <summary>Only what is on a label in the market: a verifier keeps them all.</summary>
    public static async Task<LabelNames> Read(
        string language, Database database, IProducts products, ITerritories territories, IOrganisations organisations, CancellationToken cancel)
    {
        var codes = await database.List<Codes>($"""
            select distinct product, village, issuer from certification.certificate where valid_until >= kernel.now()
            """, cancel);
        var named = await products.Of([.. codes.Select(code => code.Product).Distinct()], cancel);
        var places = await territories.Places([.. codes.Select(code => code.Village).Distinct()], cancel);
        var bodies = await organisations.Of([.. codes.Select(code => code.Issuer).Distinct()], cancel);
        return new LabelNames(
            named.Values.ToDictionary(product => product.Code.Value, product => language switch
            {
                "kk" => product.NameKk,
                "ru" => product.NameRu,
                "ky" => product.NameKy,
                _ => product.NameEn,
            }),
            places.Values.ToDictionary(place => place.Code.Value, place => language is "kk" or "ky" ? place.NameKk : place.NameRu),
            bodies.Values.ToDictionary(body => body.Id.ToString(), body => body.Name));
    }

    private sealed record Codes(ProductCode Product, TerritoryCode Village, OrganisationId Issuer);
}
