using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Whether an appeal is heard.</summary>
/// <param name="Admissible">True draws the panel, false turns it away.</param>
/// <param name="Reason">3 to 2000 characters; shown to whoever filed it.</param>
public sealed record AppealAdmission(bool Admissible, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/appeals/{id}/admission.</summary>
public static class AdmitAppeal
{
    private const int HearingDays = 20;

    internal static void Map(RouteGroupBuilder appeals) => appeals.MapPost("/{id:guid}/admission", Handle)
        .WithName("admitAppeal").Requires(stepUp: true, Role.QualityManager, Role.ProjectOfficer).Moves();

    /// <summary>Say whether an appeal is heard; the panel of three is drawn from people who had no part in the case.</summary>
    /// <remarks>409 `wrong-stage`, `changed-meanwhile`; 409 `own-work` for anybody who had a part in the case or changed the certificate;
    /// 409 `no-eligible-person` when fewer than three people can hear it.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, AppealAdmission admission, Database database, AppealedDecision decision, IPeople people, ITasks tasks, INotices notices,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(admission);
        return Answer.NoContent(await Admit(id, admission, database, decision, people, tasks, notices, cancel));
    }

    internal static async Task<Refusal?> Admit(
        Guid id, AppealAdmission admission, Database database, AppealedDecision decision, IPeople people, ITasks tasks, INotices notices,
        CancellationToken cancel)
    {
        if (await Appeal.FindVisible(id, database, cancel) is not { } appeal)
        {
            return Refusal.NotFound;
        }

        if (Appeal.Next(appeal.Stage, admission.Admissible ? AppealStep.Admit : AppealStep.TurnAway) is not { } next)
        {
            return appeal.WrongStage();
        }

        // own-work is the tables' trigger, here and for every panelist.
        await database.Execute($"""
            insert into certification.appeal_admission (appeal, admissible, reason) values ({id}, {admission.Admissible}, {admission.Reason})
            """, cancel);
        var panel = new List<PersonId>();
        if (admission.Admissible)
        {
            var seed = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            panel.AddRange((await appeal.Outsiders(Role.AppealsPanelist, null, seed, database, people, cancel, panel: true)).Take(Appeal.PanelSize));
            if (panel.Count < Appeal.PanelSize)
            {
                return new Refusal("no-eligible-person", "Fewer than three people can hear this appeal.");
            }

            await database.Execute($"""
                insert into certification.panelist (appeal, place, person)
                select {id}, place, person from unnest({panel.ToArray()}) with ordinality as drawn (person, place)
                """, cancel);
            await database.Execute($"update certification.appeal set seed = {seed} where id = {id}", cancel);
        }

        if (!await appeal.Move(next, database, cancel))
        {
            return Refusal.ChangedMeanwhile;
        }

        if (!admission.Admissible && await decision.EndStay(appeal, cancel) is { } refused)
        {
            return refused;
        }

        await tasks.Close(id, Appeal.AdmissionTask, cancel);
        var until = await tasks.Deadline(Place.Country(appeal.Village), HearingDays, cancel);
        foreach (var (person, at) in panel.Select((person, at) => (person, at)))
        {
            await tasks.Open(new TaskToOpen(id, Appeal.VoteTask(at + 1), person, until, Role.ProjectOfficer, null, appeal.Village), cancel);
        }

        await notices.Send([new Notice(admission.Admissible ? "appeal-admitted" : "appeal-turned-away", new Dictionary<string, string>
        {
            ["number"] = appeal.Number, ["reason"] = admission.Reason,
        }, appeal.FiledBy)], cancel);
        return null;
    }
}
