using System.Collections.Concurrent;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Certification;

/// <summary>
/// The register as anybody may read it. This is what every shopper asks, so those who ask at the same moment are answered out of one statement,
/// and what a certificate says is kept in memory for some minutes. Whether it still stands and what is left is asked of the database each time.
/// </summary>
public sealed class PublicCertificates(IServiceScopeFactory scopes) : IDisposable
{
    // The names of product, village and body may change without the certificate's row changing.
    private static readonly TimeSpan Keep = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, ReadTogether<string, CertificateDetails>> registers = new(StringComparer.Ordinal);
    private readonly MemoryCache kept = new(new MemoryCacheOptions { SizeLimit = 50_000 });

    // The lot is looked up row by row: left to itself the planner may join every lot of the tenant.
    private static Sql Sellable => Sql.Of($"""
        left join lateral (
            select l.available from supply.public_sellable_lot l where l.lot_id = c.lot and l.tenant_id = c.tenant_id and not l.held limit 1) s on true
        """);

    /// <summary>The public part of a certificate; null when there is none of that serial.</summary>
    /// <param name="tenant">Whose register to look in.</param>
    /// <param name="serial">For example <c>KZ-26-000123-7</c>; anything else is not found.</param>
    public Task<CertificateDetails?> Find(string tenant, string serial, CancellationToken cancel) => Serial.IsWellFormed(serial)
        ? registers.GetOrAdd(tenant, of => new ReadTogether<string, CertificateDetails>(serials => Look(of, serials))).Find(serial, cancel)
        : Task.FromResult<CertificateDetails?>(null);

    /// <summary>Lets go of what was kept.</summary>
    public void Dispose() => kept.Dispose();

    /// <summary>The same for a use case that holds a connection already and must not wait for another.</summary>
    internal static async Task<CertificateDetails?> Read(string serial, Database database, ITerritories territories, CancellationToken cancel) =>
        (await Read([serial], database, territories, cancel)).SingleOrDefault()?.Details;

    private async Task<IReadOnlyDictionary<string, CertificateDetails>> Look(string tenant, IReadOnlyCollection<string> serials)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var known = serials.Select(serial => kept.Get<Said>((tenant, serial))).OfType<Said>().ToDictionary(said => said.Details.Serial, StringComparer.Ordinal);
        var found = new Dictionary<string, CertificateDetails>(StringComparer.Ordinal);
        foreach (var now in known.Count == 0 ? [] : await Standing(known.Keys, database))
        {
            if (known[now.Serial] is var said && said.Version == now.Version)
            {
                found.Add(now.Serial, said.Details with { State = now.State, Left = said.Details.Left with { Amount = now.Sellable } });
            }
        }

        var rest = serials.Where(serial => !found.ContainsKey(serial)).ToArray();
        if (rest.Length > 0)
        {
            foreach (var said in await Read(rest, database, scope.ServiceProvider.GetRequiredService<ITerritories>(), CancellationToken.None))
            {
                kept.Set((tenant, said.Details.Serial), said, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Keep });
                found.Add(said.Details.Serial, said.Details);
            }
        }

        return found;
    }

    // The select around the serials hides their number, so that the planner keeps one plan.
    private static Task<List<Now>> Standing(IEnumerable<string> serials, Database database) => database.ListAlone<Now>($"""
        select c.serial, c.xmin::text::bigint as version, {Certificate.Shown} as state, coalesce(s.available, 0) as left_to_sell
          from certification.certificate c {Sellable}
         where c.serial = any((select {serials.ToArray()})::text[])
        """, CancellationToken.None);

    private static async Task<IReadOnlyList<Said>> Read(string[] serials, Database database, ITerritories territories, CancellationToken cancel)
    {
        var rows = await database.List<Shown>($"""
            select c.serial, c.xmin::text::bigint as version, {Certificate.Shown} as state, c.product, coalesce(p.name_en, c.product) as product_name_en,
                   coalesce(p.name_ru, c.product) as product_name_ru, coalesce(p.name_kk, c.product) as product_name_kk,
                   coalesce(p.name_ky, c.product) as product_name_ky, c.village, t.name_kk as village_name_kk, t.name_ru as village_name_ru, c.lot, c.amount,
                   c.unit, coalesce(s.available, 0) as left_to_sell, c.issuer, coalesce(o.name, '') as issuer_name, c.scheme, c.scheme_version,
                   c.valid_from, c.valid_until, c.label,
                   (select b.serial from certification.certificate b where b.id = c.replaces) as replaces,
                   (select n.serial from certification.certificate n where n.replaces = c.id) as replaced_by,
                   (select q.number from certification.scope q join certification.batch_declaration d on d.scope = q.id where d.id = c.declaration) as scope
              from certification.certificate c
              left join supply.public_product p on p.code = c.product
              left join registry.public_territory t on t.code = c.village
              left join registry.public_organisation o on o.id = c.issuer
              {Sellable}
             where c.serial = any((select {serials})::text[])
            """, cancel);

        // A village that was merged since then is found under its old code.
        var gone = rows.Where(row => row.VillageNameKk is null).Select(row => row.Village).Distinct().ToList();
        var before = gone.Count == 0 ? null : await territories.Places(gone, cancel);
        return [.. rows.Select(row => new Said(row.Version, Details(row, before?.GetValueOrDefault(row.Village))))];
    }

    private static CertificateDetails Details(Shown shown, TerritoryPlace? before) => new(
        shown.Serial, shown.State, shown.Product, shown.ProductNameEn, shown.ProductNameRu, shown.ProductNameKk, shown.ProductNameKy, shown.Village,
        shown.VillageNameKk ?? before?.NameKk ?? shown.Village.Value, shown.VillageNameRu ?? before?.NameRu ?? shown.Village.Value, shown.Lot,
        new Quantity(shown.Amount, shown.Unit), new Quantity(shown.Sellable, shown.Unit), shown.Issuer, shown.IssuerName, shown.Scheme,
        shown.SchemeVersion, shown.ValidFrom, shown.ValidUntil, shown.Label, $"/v1/certificates/{shown.Serial}/label", shown.Replaces, shown.ReplacedBy,
        shown.Scope);

    /// <summary>What a certificate said at a version of its row.</summary>
    private sealed record Said(long Version, CertificateDetails Details);

    private sealed record Now(string Serial, long Version, CertificateState State, long LeftToSell)
    {
        public long Sellable => State == CertificateState.Active ? LeftToSell : 0;
    }

    private sealed record Shown(
        string Serial, long Version, CertificateState State, ProductCode Product, string ProductNameEn, string ProductNameRu, string ProductNameKk,
        string ProductNameKy, TerritoryCode Village, string? VillageNameKk, string? VillageNameRu, LotId Lot, long Amount, string Unit, long LeftToSell,
        OrganisationId Issuer, string IssuerName, string Scheme, int SchemeVersion, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, string Label,
        string? Replaces, string? ReplacedBy, string? Scope)
    {
        public long Sellable => State == CertificateState.Active ? LeftToSell : 0;
    }
}
