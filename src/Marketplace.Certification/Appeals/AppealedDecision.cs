using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>What an appeal does to the decision it is about: a refused case is judged again, a suspension is stayed, lifted or put in force again.</summary>
public sealed class AppealedDecision(Database database, StopGoods goods, ITasks tasks, INotices notices, IHouseholds households, IPeople people)
{
    /// <summary>Asks somebody of the body to settle a suspension that a panel sent back; done when it is lifted or the certificate withdrawn.</summary>
    internal const string ReconsiderTask = "reconsider-suspension";

    private const int ReconsiderDays = 5;

    /// <summary>What follows from the panel's outcome.</summary>
    internal async Task<Refusal?> Follow(Appeal appeal, AppealStage outcome, CancellationToken cancel)
    {
        if (appeal.Suspended is { } suspended)
        {
            if (outcome == AppealStage.Upheld)
            {
                return await database.Value<bool>($"select certification.suspension_stands({appeal.Id})", cancel)
                    ? await Turn(appeal, suspend: false, $"Appeal {appeal.Number} was upheld.", cancel)
                    : null;
            }

            // First: a certificate that moves closes the task of reconsidering it.
            var refused = await EndStay(appeal, cancel);
            if (refused is null && outcome == AppealStage.Remitted)
            {
                await Reconsider(appeal, suspended, cancel);
            }

            return refused;
        }

        if (outcome != AppealStage.Rejected)
        {
            await JudgeAgain(appeal, cancel);
        }

        return null;
    }

    /// <summary>Lets the suspension rest while the appeal lasts.</summary>
    internal Task<Refusal?> Stay(Appeal appeal, string reason, CancellationToken cancel) => Turn(appeal, suspend: false, reason, cancel);

    /// <summary>Puts a stayed suspension in force again, unless somebody moved the certificate since.</summary>
    internal async Task<Refusal?> EndStay(Appeal appeal, CancellationToken cancel)
    {
        var stands = await database.Value<bool>($"""
            select exists (select from certification.appeal_stay y where y.appeal = {appeal.Id}
                              and (select max(recorded_at) from certification.certificate_change where certificate = {appeal.Certificate}
                                   union all select max(recorded_at) from certification.scope_change where scope = {appeal.Scope}
                                   order by 1 nulls last limit 1) = y.recorded_at)
            """, cancel);
        return stands ? await Turn(appeal, suspend: true, $"The stay ended with appeal {appeal.Number}.", cancel) : null;
    }

    /// <summary>Suspends or reinstates what the appeal is about, like anybody else; nothing happens when it has gone on.</summary>
    private async Task<Refusal?> Turn(Appeal appeal, bool suspend, string reason, CancellationToken cancel)
    {
        if (appeal.Scope is { } scopeId)
        {
            var scope = await Scope.Get(scopeId, database, cancel);
            var step = suspend ? ScopeStep.Suspend : ScopeStep.Reinstate;
            return Scope.Next(scope.State, step) is { } next
                ? await ChangeScope.Turn(scope, step, next, reason, database, goods, tasks, notices, households, cancel)
                : null;
        }

        var certificate = await Certificate.Get(appeal.Certificate!.Value, database, cancel);
        return Certificate.Next(certificate.State, suspend ? CertificateStep.Suspend : CertificateStep.Reinstate) is { } state
            ? await ChangeCertificate.Turn(certificate, state, reason, database, goods, tasks, notices, households, cancel)
            : null;
    }

    private async Task Reconsider(Appeal appeal, Guid suspended, CancellationToken cancel)
    {
        IReadOnlyList<PersonId> to = [];
        foreach (var (role, body) in ((string, OrganisationId?)[])[(Role.QualityManager, appeal.Body), (Role.DecisionMaker, appeal.Body), (Role.ProjectOfficer, null)])
        {
            to = to.Count > 0 ? to : await appeal.Outsiders(role, body, appeal.Number, database, people, cancel);
        }

        if (to.Count > 0)
        {
            var until = await tasks.Deadline(Place.Country(appeal.Village), ReconsiderDays, cancel);
            await tasks.Open(new TaskToOpen(suspended, ReconsiderTask, to[0], until, Role.ProjectOfficer, appeal.Body, appeal.Village), cancel);
        }
    }

    /// <summary>Drafts the case anew for its producer, who submits it when the goods are there; nothing happens while the lot is applied for.</summary>
    private Task<int> JudgeAgain(Appeal appeal, CancellationToken cancel)
    {
        var id = CertificationApplicationId.New();
        return database.Execute($"""
            with filed as (
                insert into certification.application (id, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on,
                       expires_on, scheme, scheme_version, fee_minor, currency, growing, filed_by, appeal)
                select {id}, lot, household, head, applicant, product, rule_group, village, amount, unit, ready_on, expires_on, scheme, scheme_version,
                       0, currency, growing, filed_by, {appeal.Id}
                  from certification.application where id = {appeal.Application}
                    on conflict do nothing
                returning id, lot)
            select kernel.append(id, {nameof(ApplicationDrafted)}, json_build_object('application', id, 'lot', lot)::text) from filed
            """, cancel);
    }
}
