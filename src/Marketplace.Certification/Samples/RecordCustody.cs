using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A further link of a part's chain of custody. The giver is whoever has the part now; of all acts but <c>handed_over</c> the taker is the caller.</summary>
/// <param name="Act">What happened; <c>taken</c> is recorded with the sample.</param>
/// <param name="HappenedAt">When; not before the last link, not later than now.</param>
/// <param name="Part">The part; the one to be tested by default.</param>
/// <param name="ToPerson">At <c>handed_over</c>: the person who takes it, when with an account.</param>
/// <param name="ToOrganisation">At <c>handed_over</c>: where it goes.</param>
/// <param name="ToName">At <c>handed_over</c>: a carrier without an account, 2 to 100 characters.</param>
/// <param name="SealIntact">At <c>received</c>, and only then: whether the seal is whole.</param>
/// <param name="Temperature">Degrees Celsius, -60 to 100.</param>
/// <param name="Note">At most 200 characters.</param>
public sealed record CustodyEntry(
    CustodyAct Act, DateTimeOffset HappenedAt, SamplePart Part = SamplePart.Test, PersonId? ToPerson = null, OrganisationId? ToOrganisation = null,
    [TextLength(100, MinimumLength = 2)] string? ToName = null, bool? SealIntact = null,
    [Range(typeof(decimal), "-60", "100", ParseLimitsInInvariantCulture = true)] decimal? Temperature = null, [TextLength(200)] string? Note = null);

/// <summary>POST /v1/samples/{id}/custody-events.</summary>
public static class RecordCustody
{
    internal static void Map(RouteGroupBuilder samples) => samples.MapPost("/{id}/custody-events", Handle).WithName("recordCustody")
        .Requires(Role.Sampler, Role.LaboratoryAnalyst, Role.LaboratorySupervisor).Moves();

    /// <summary>Record who has a part of a sample now.</summary>
    /// <remarks>A receipt under an intact seal orders the tests of the scheme; one under a broken seal voids the sample, and a new one has to be taken.
    /// 400 `seal-state` when the seal's state is missing or said of another act, `no-taker` when nobody takes it over; 409 `custody-order`,
    /// `custody-in-future`, `wrong-laboratory`, `not-assigned`; 404 `not-found`.</remarks>
    public static async Task<Results<Ok<SampleDetails>, ProblemHttpResult>> Handle(
        SampleId id, CustodyEntry link, Database database, ITasks tasks, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(link);
        return Answer.Ok(await Record(id, link, database, tasks, cancel));
    }

    internal static async Task<Outcome<SampleDetails>> Record(
        SampleId id, CustodyEntry link, Database database, ITasks tasks, CancellationToken cancel)
    {
        if (link.Act == CustodyAct.Received != link.SealIntact.HasValue)
        {
            return Refusal.Invalid("#/sealIntact", "seal-state", "Say at the receipt, and only then, whether the seal is intact.");
        }

        var handedOver = link.Act == CustodyAct.HandedOver;
        if (handedOver && link.ToPerson is null && link.ToOrganisation is null && link.ToName is null)
        {
            return Refusal.Invalid("#/toOrganisation", "no-taker", "Say who takes the sample.");
        }

        if (await ApplicationOf(id, database, cancel) is not { } application)
        {
            return Refusal.NotFound;
        }

        // Who may, in which order and when are the table's trigger: custody-order, custody-in-future, wrong-laboratory, not-assigned.
        await database.Execute($"""
            with linked as (
                insert into certification.custody (sample, part, number, act, to_person, to_organisation, to_name, seal_intact, temperature, note, happened_at)
                values ({id}, {link.Part}, 0, {link.Act}, {(handedOver ? link.ToPerson : PersonId.From(database.Actor.Person!.Value))},
                        {(handedOver ? link.ToOrganisation : null)}, {(handedOver ? link.ToName : null)}, {link.SealIntact}, {link.Temperature},
                        {link.Note}, {link.HappenedAt})
                returning number)
            select kernel.append({application.Id}, {nameof(CustodyRecorded)}, {Event.Text(new CustodyRecorded(application.Id, id, link.Part, link.Act, link.SealIntact))})
              from linked
            """, cancel);
        if (link is { Act: CustodyAct.Received, Part: SamplePart.Test } && application.Stage == CertificationStage.InLaboratory
            && await database.Value<SampleId>($"select certification.lasting_sample({application.Id})", cancel) == id)
        {
            await (link.SealIntact!.Value
                ? TestOrder.Place(application, id, database, tasks, cancel)
                : CaseWork.Hand(application, [CaseTask.Enter, CaseTask.Approve], CaseTask.Sample, application.Sampler, database, tasks, cancel));
        }

        return (await SampleDetails.Of(Sql.Of($"id = {id}"), database, cancel))[0];
    }

    /// <summary>The case of a sample the actor's organisation takes, certifies, tests or re-tests.</summary>
    private static async Task<CertificationApplication?> ApplicationOf(SampleId id, Database database, CancellationToken cancel) =>
        await database.Value<Guid?>($"""
            select a.id from certification.sample s join certification.application a on a.id = s.application
              left join certification.retest r on r.sample = s.id
             where s.id = {id} and {database.Actor.Organisation} in (a.body, a.laboratory, r.laboratory)
            """, cancel) is { } application
            ? await CertificationApplication.Find(CertificationApplicationId.From(application), database, cancel)
            : null;
}
