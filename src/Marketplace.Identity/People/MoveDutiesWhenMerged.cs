using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Identity.People;

/// <summary>
/// After a merger of territories the duties move with the places. Two people never hold one office: where the other territory has its akim or
/// officer, the office of the merged one ends, and what waited for its holder is handed over as at the end of any term.
/// </summary>
internal sealed class MoveDutiesWhenMerged(Database database) : ISubscriber<TerritoriesMerged>
{
    private static readonly string[] Offices = [Role.OkrugAkim, Role.DistrictOfficer];

    public Task When(TerritoriesMerged happened, Envelope envelope, CancellationToken cancel) => database.Execute($"""
        with ended as (
            update identity.role_assignment set valid_until = kernel.now() where territory = {happened.From} and valid_until is null
            returning person_id, role, organisation_id),
        moved as (
            insert into identity.role_assignment (person_id, role, organisation_id, territory)
            select person_id, role, organisation_id, {happened.Into} from ended e
             where role <> all ({Offices})
                or not exists (select from identity.role_assignment o where o.role = e.role and o.territory = {happened.Into} and o.valid_until is null)
                on conflict do nothing)
        update identity.person set stamp = stamp + 1 where id in (select person_id from ended)
        """, cancel);
}
