using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Certification;

/// <summary>Hands over the parts of open cases whose person no longer holds the role, because it or its term ended. Several instances may run.</summary>
internal sealed class HandOverCases(IServiceScopeFactory scopes, ILogger<HandOverCases> log) : BackgroundService
{
    private const int AtOnce = 200;

    /// <summary>Looks at every open case; how many parts went to somebody else.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var handed = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            foreach (var left in await Left(tenant, cancel))
            {
                await using var scope = Tenants.Scope(scopes, tenant);
                var database = scope.ServiceProvider.GetRequiredService<Database>();
                if (await CertificationApplication.Find(left.Application, database, cancel) is { } application && application.IsOpen
                    && application.Assigned(left.Part) == left.Person
                    && await scope.ServiceProvider.GetRequiredService<HandOver>().Part(application, left.Part, DrawCause.HandOver, cancel))
                {
                    handed++;
                }

                await database.Commit(cancel);
            }
        }

        return handed;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.Every(TimeSpan.FromSeconds(10), Pass, log, stoppingToken);

    /// <summary>
    /// Parts still to be taken, or whose task is open, by people without the role. Whoever could not be replaced is tried again only with an open task.
    /// </summary>
    private async Task<IReadOnlyList<LeftPart>> Left(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var left = await scope.ServiceProvider.GetRequiredService<Database>().List<LeftPart>($"""
            select a.id as application, one.part, who.person
              from certification.application a
             cross join unnest({Assignment.Parts}, {Assignment.Parts.Select(part => part.Role()).ToArray()}) as one (part, role)
             cross join lateral (select (to_jsonb(a) ->> one.part::text)::uuid as person,
                                        case when one.part in ('analyst', 'supervisor') then a.laboratory else a.body end as place) who
             where a.stage not in ('draft', 'granted', 'refused', 'withdrawn', 'expired_inactive') and who.person is not null
               and not exists (select from identity.public_role r
                                where r.person = who.person and r.role = one.role and r.organisation = who.place
                                  and r.valid_from <= kernel.now() and (r.valid_until is null or r.valid_until > kernel.now()))
               and (exists (select from work.public_task t where t.subject = a.id and t.responsible = who.person and t.closed_at is null)
                    or not exists (select from certification.participation p
                                    where p.application = a.id and p.person = who.person and p.part = one.part)
                       and not exists (select from certification.unfilled_part u
                                        where u.application = a.id and u.part = one.part and u.person = who.person))
             order by a.id limit {AtOnce}
            """, cancel);
        return left;
    }

    private sealed record LeftPart(CertificationApplicationId Application, CasePart Part, PersonId Person);
}
