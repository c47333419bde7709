using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>
/// Suspends all that a household has under a scheme, in the transaction of the finding, and gives back what exactly that suspended when the quality
/// manager lifts it.
/// </summary>
public sealed class HoldProduction(Database database, StopGoods goods, ITasks tasks, INotices notices, IPeople people, IHouseholds households)
{
    internal async Task<Refusal?> Hold(SurveillanceVisit visit, HoldCause cause, string reason, CancellationToken cancel)
    {
        // The hold's trigger takes the queue of household and scheme first: no certificate is issued from here on until somebody ruled.
        await database.Execute($"""
            with held as (insert into certification.surveillance_hold (surveillance, cause) values ({visit.Id}, {cause}) returning surveillance)
            select kernel.append(surveillance, {nameof(ProductionHeld)}, {Event.Text(new ProductionHeld(visit.Id, cause))}) from held
            """, cancel);
        foreach (var scope in await database.List<Scope>($"""
            select {Scope.Columns} from certification.scope s
             where s.household = {visit.Household} and s.scheme = {visit.Scheme} and s.state = 'active' order by s.id for update
            """, cancel))
        {
            await scope.Move(Scope.Next(scope.State, ScopeStep.Suspend)!.Value, reason, database, cancel, visit.Id);
        }

        foreach (var member in await database.List<GroupMember>($"""
            select {GroupMember.Columns} from certification.group_member m
             where m.household = {visit.Household} and m.scheme = {visit.Scheme} and m.state in ('inspection_due', 'member') order by m.id for update
            """, cancel))
        {
            await member.Move(GroupMember.Next(member.State, MemberStep.Sanction)!.Value, reason, database, cancel, visit.Id);
        }

        var moved = await CertificateMoves.All(Sql.Of($"c.household = {visit.Household} and c.scheme = {visit.Scheme} and c.state = 'active'"),
            CertificateState.Suspended, reason, new MoveCause(Surveillance: visit.Id), database, cancel);
        if (await CertificateMoves.Follow(moved, reason, goods, cancel) is { } refused)
        {
            return refused;
        }

        if ((await people.Holding(Role.QualityManager, visit.Body, null, cancel)) is [var manager, ..])
        {
            var days = await database.Value<int>($"select (certification.watch_rule_now()).ruling_days", cancel);
            await tasks.Open(new TaskToOpen(visit.Id, SurveillanceTask.Rule, manager, await tasks.Deadline(visit.Country, days, cancel), Role.QualityManager,
                visit.Body, visit.Village, Role.QualityManager), cancel);
        }

        await Tell(visit, "production-held", reason, cancel);
        return null;
    }

    internal async Task<Refusal?> Lift(SurveillanceVisit visit, string reason, CancellationToken cancel)
    {
        foreach (var scope in await database.List<Scope>($"""
            select {Scope.Columns} from certification.scope s
             where s.household = {visit.Household} and s.scheme = {visit.Scheme} and s.state = 'suspended' and s.valid_until > kernel.now()
               and (select last.surveillance from certification.scope_change last where last.scope = s.id order by last.number desc limit 1) = {visit.Id}
             order by s.id for update
            """, cancel))
        {
            await scope.Move(Scope.Next(scope.State, ScopeStep.Reinstate)!.Value, reason, database, cancel, visit.Id);
        }

        foreach (var member in await database.List<GroupMember>($"""
            select {GroupMember.Columns} from certification.group_member m
             where m.household = {visit.Household} and m.scheme = {visit.Scheme} and m.state = 'sanctioned'
               and (select last.surveillance from certification.member_change last where last.member = m.id order by last.number desc limit 1) = {visit.Id}
             order by m.id for update
            """, cancel))
        {
            await member.Move(GroupMember.Next(member.State, MemberStep.Readmit)!.Value, reason, database, cancel, visit.Id);
        }

        var moved = await CertificateMoves.All(Sql.Of($"""
            c.household = {visit.Household} and c.scheme = {visit.Scheme} and c.state = 'suspended'
               and (select last.surveillance from certification.certificate_change last where last.certificate = c.id order by last.number desc limit 1) = {visit.Id}
            """), CertificateState.Active, reason, new MoveCause(Surveillance: visit.Id), database, cancel);
        if (await CertificateMoves.Follow(moved, reason, goods, cancel) is { } refused)
        {
            return refused;
        }

        await Tell(visit, "production-freed", reason, cancel);
        return null;
    }

    private async Task Tell(SurveillanceVisit visit, string template, string reason, CancellationToken cancel)
    {
        if ((await households.Of([visit.Household], cancel)).GetValueOrDefault(visit.Household) is { } household)
        {
            await notices.Send([new Notice(template, new Dictionary<string, string>
            {
                ["product"] = visit.Product.Value, ["reason"] = reason,
            }, household.Head)], cancel);
        }
    }
}
