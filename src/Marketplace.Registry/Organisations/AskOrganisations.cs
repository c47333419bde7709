using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Registry.Organisations;

/// <summary>Answers other modules' questions about organisations.</summary>
internal sealed class AskOrganisations(Database database) : IOrganisations
{
    public async Task<IReadOnlyDictionary<OrganisationId, OrganisationCard>> Of(
        IReadOnlyCollection<OrganisationId> organisations, CancellationToken cancel) => organisations.Count == 0
        ? new Dictionary<OrganisationId, OrganisationCard>()
        : (await database.List<OrganisationCard>($"""
            select id, kind, name, territory, iban, fee_basis_points from registry.organisation where id = any({organisations.ToArray()})
            """, cancel)).ToDictionary(card => card.Id);

    public async Task<IReadOnlyList<OrganisationCard>> OfKind(OrganisationKind kind, CancellationToken cancel) =>
        await database.List<OrganisationCard>($"""
            select id, kind, name, territory, iban, fee_basis_points from registry.organisation where kind = {kind} order by registered_at, id
            """, cancel);
}
