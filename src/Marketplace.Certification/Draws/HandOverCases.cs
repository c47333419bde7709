using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Certification;

/// <summary>Hands over the parts of open cases whose person no longer holds the role, because it or its term ended. Several instances may run.</summary>
internal sealed class HandOverCases(IServiceScopeFactory scopes, TimeProvider clock, ILogger<HandOverCases> log) : BackgroundService
{
    private const int AtOnce = 200;

    /// <summary>How far a pass looks back before the one before it: clocks differ, and the end of a role is seen only when it commits.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(10);

    /// <summary>How often everybody who ever left is looked for: their parts may have found nobody, or another instance may have stopped halfway.</summary>
    private static readonly TimeSpan Everybody = TimeSpan.FromHours(1);

    private readonly Dictionary<string, (DateTimeOffset Last, DateTimeOffset Whole)> passed = new(StringComparer.Ordinal);

    /// <summary>Looks at the open cases of who left since the last pass, now and then of everybody who left; how many parts went to somebody else.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var handed = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            var (last, whole) = passed.GetValueOrDefault(tenant);
            var now = clock.GetUtcNow();
            var found = await Left(tenant, whole + Everybody <= now ? null : last - Overlap, cancel);
            foreach (var left in found)
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

            // With more to come, or after a failure, the next pass looks as far back as this one did.
            if (found.Count < AtOnce)
            {
                passed[tenant] = (now, whole + Everybody <= now ? now : whole);
            }
        }

        return handed;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.Every(TimeSpan.FromSeconds(10), Pass, log, stoppingToken);

    /// <summary>
    /// Parts still to be taken, or whose task is open, by people who lost the role after an instant, or ever. Whoever could not be replaced is tried again
    /// only with an open task. Where nobody left no case is read: of 100,000 open cases each part against each role took a minute and a half.
    /// </summary>
    private async Task<List<LeftPart>> Left(string tenant, DateTimeOffset? after, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var roles = Assignment.Parts.Select(part => part.Role()).ToArray();
        var gone = await database.List<Gone>($"""
            select distinct r.person, r.role, r.organisation from identity.public_role r
             where r.role = any ({roles}) and r.organisation is not null and r.valid_until <= kernel.now() and ({after}::timestamptz is null or r.valid_until > {after})
               and not exists (select from identity.public_role s
                                where s.person = r.person and s.role = r.role and s.organisation = r.organisation
                                  and s.valid_from <= kernel.now() and (s.valid_until is null or s.valid_until > kernel.now()))
            """, cancel);
        return gone.Count == 0 ? [] : await database.List<LeftPart>($"""
            select a.id as application, one.part, gone.person
              from certification.application a
             cross join unnest({gone.Select(one => one.Person.Value).ToArray()}, {gone.Select(one => one.Role).ToArray()},
                               {gone.Select(one => one.Organisation.Value).ToArray()}) as gone (person, role, organisation)
              join unnest({Assignment.Parts}, {roles}) as one (part, role) on one.role = gone.role
             where gone.person in (a.intake, a.document_reviewer, a.sampler, a.analyst, a.supervisor, a.reviewer, a.decision_maker)
               and a.stage not in ('draft', 'granted', 'refused', 'withdrawn', 'expired_inactive')
               and (to_jsonb(a) ->> one.part::text)::uuid = gone.person
               and gone.organisation = case when one.part in ('analyst', 'supervisor') then a.laboratory else a.body end
               and (exists (select from work.public_task t where t.subject = a.id and t.responsible = gone.person and t.closed_at is null)
                    or not exists (select from certification.participation p
                                    where p.application = a.id and p.person = gone.person and p.part = one.part)
                       and not exists (select from certification.unfilled_part u
                                        where u.application = a.id and u.part = one.part and u.person = gone.person))
             order by a.id limit {AtOnce}
            """, cancel);
    }

    private sealed record Gone(PersonId Person, string Role, OrganisationId Organisation);

    private sealed record LeftPart(CertificationApplicationId Application, CasePart Part, PersonId Person);
}
