using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A calibration of an instrument; a later one is a further record.</summary>
/// <param name="Equipment">The laboratory's own code of the instrument, 2 to 40 characters; results name it.</param>
/// <param name="Name">What it is, 2 to 100 characters.</param>
/// <param name="Certificate">Number of the calibration certificate, 2 to 60 characters.</param>
/// <param name="CalibratedOn">First day it holds; not later than today.</param>
/// <param name="ValidUntil">Last day it holds.</param>
public sealed record EquipmentCalibration(
    [TextLength(40, MinimumLength = 2)] string Equipment, [TextLength(100, MinimumLength = 2)] string Name,
    [TextLength(60, MinimumLength = 2)] string Certificate, DateOnly CalibratedOn, DateOnly ValidUntil);

/// <summary>POST /v1/laboratory-equipment.</summary>
public static class RecordCalibration
{
    internal static void Map(RouteGroupBuilder equipment) =>
        equipment.MapPost("", Handle).WithName("recordCalibration").InPersonOnly().Requires(Role.LaboratorySupervisor).Moves();

    /// <summary>Record that an instrument of your laboratory is calibrated.</summary>
    /// <remarks>400 `bad-dates`, `calibrated-in-future`.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(EquipmentCalibration calibration, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        return Answer.NoContent(await Record(calibration, database, cancel));
    }

    internal static async Task<Refusal?> Record(EquipmentCalibration calibration, Database database, CancellationToken cancel)
    {
        if (calibration.ValidUntil < calibration.CalibratedOn)
        {
            return Refusal.Invalid("#/validUntil", "bad-dates", "It ends before it begins.");
        }

        // A day's grace: the laboratory's day begins before the day of UTC.
        if (await database.Value<bool>($"select {calibration.CalibratedOn} > kernel.now()::date + 1", cancel))
        {
            return Refusal.Invalid("#/calibratedOn", "calibrated-in-future", "A calibration is recorded after it was done.");
        }

        var id = Guid.CreateVersion7();
        await database.Execute($"""
            with recorded as (
                insert into certification.calibration (id, laboratory, equipment, name, certificate, calibrated_on, valid_until)
                values ({id}, {database.Actor.Organisation}, {calibration.Equipment}, {calibration.Name}, {calibration.Certificate},
                        {calibration.CalibratedOn}, {calibration.ValidUntil})
                returning id)
            select kernel.append(id, {nameof(EquipmentCalibrated)}, {Event.Text(new EquipmentCalibrated(id, calibration.ValidUntil))}) from recorded
            """, cancel);
        return null;
    }
}

/// <summary>GET /v1/laboratory-equipment.</summary>
public static class ListEquipment
{
    internal static void Map(RouteGroupBuilder equipment) =>
        equipment.MapGet("", Handle).WithName("listLaboratoryEquipment").Requires(Role.LaboratoryAnalyst, Role.LaboratorySupervisor);

    /// <summary>List the instruments of your laboratory, each with its latest calibration, by code.</summary>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<EquipmentCalibration>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [Range(1, Cursors.MostItems)] int limit = 50,
        [TextLength(400)] string? cursor = null)
    {
        const string query = "laboratory-equipment";
        string? after = null;
        if (cursor is not null)
        {
            if (cursors.Read(query, cursor) is not [var last])
            {
                return Problems.From(Cursors.Bad);
            }

            after = last;
        }

        var rows = await database.List<EquipmentCalibration>($"""
            select distinct on (equipment) equipment, name, certificate, calibrated_on, valid_until from certification.calibration
             where laboratory = {database.Actor.Organisation} and ({after} is null or equipment > {after})
             order by equipment, valid_until desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, query, row => [row.Equipment]));
    }
}

internal sealed record EquipmentCalibrated(Guid Calibration, DateOnly ValidUntil);
