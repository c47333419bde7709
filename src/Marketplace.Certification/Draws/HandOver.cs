using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Gives a part of a case to somebody drawn anew; the quality manager is told, and gets the task when nobody is eligible.</summary>
public sealed class HandOver(Database database, CaseDraw draws, IPeople people, ITasks tasks, INotices notices)
{
    /// <summary>Hands one part over; false when nobody is eligible or somebody else moved the case first.</summary>
    internal async Task<bool> Part(CertificationApplication application, CasePart part, DrawCause cause, CancellationToken cancel)
    {
        var before = application.Assigned(part)!.Value;
        var place = Assignment.PlaceOf(part, application)!.Value;
        var current = await CaseWork.CurrentTask(application, database, cancel);
        var partsOwn = current is not null && CaseTask.PartOf(current) == part ? current : null;

        // Late or unfilled, the part's own task may be with somebody above by now.
        var open = await database.List<string>($"""
            select kind from work.public_task
             where subject = {application.Id} and closed_at is null and (responsible = {before} or kind = {partsOwn})
            """, cancel);
        var managers = await people.Holding(Role.QualityManager, application.Body!.Value, null, cancel);
        var drawn = await draws.For(application, cause, new Dictionary<CasePart, OrganisationId> { [part] = place }, cancel, only: null, before);
        if (drawn is null)
        {
            await database.Execute($"""
                insert into certification.unfilled_part (application, part, person, cause) values ({application.Id}, {part}, {before}, {cause})
                    on conflict do nothing
                """, cancel);
            foreach (var task in managers.Count == 0 ? [] : open)
            {
                await tasks.HandOver(application.Id.Value, task, managers[0], cancel);
            }

            await Tell("case-without-person", application, part, managers, cancel);
            return false;
        }

        var person = drawn.People[part];
        if (!await Assignment.Put(application, part, person, database, cancel))
        {
            return false;
        }

        foreach (var task in open)
        {
            await tasks.HandOver(application.Id.Value, task, person, cancel);
            await notices.Send([new Notice("task-handed-over", new Dictionary<string, string> { ["kind"] = task }, person)], cancel);
        }

        await Tell("case-handed-over", application, part, managers, cancel);
        return true;
    }

    private Task Tell(
        string template, CertificationApplication application, CasePart part, IReadOnlyList<PersonId> managers, CancellationToken cancel)
    {
        var values = new Dictionary<string, string> { ["number"] = application.Number!, ["part"] = Assignment.Word(part) };
        return notices.Send([.. managers.Select(manager => new Notice(template, values, manager))], cancel);
    }
}
