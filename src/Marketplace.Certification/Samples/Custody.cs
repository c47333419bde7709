using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;

namespace Marketplace.Certification;

/// <summary>Which part of a sample.</summary>
[DatabaseEnum("certification.sample_part")]
public enum SamplePart
{
    /// <summary>The part the laboratory tests.</summary>
    Test,

    /// <summary>The part kept under its own seal for a second opinion.</summary>
    Retained,
}

/// <summary>What happened to a part of a sample.</summary>
[DatabaseEnum("certification.custody_act")]
public enum CustodyAct
{
    /// <summary>Taken; recorded with the sample itself.</summary>
    Taken,

    /// <summary>Given away, for example to a courier.</summary>
    HandedOver,

    /// <summary>Arrived at a laboratory, the seal looked at.</summary>
    Received,

    /// <summary>Put or moved into storage.</summary>
    Stored,

    /// <summary>Unsealed for the test.</summary>
    Opened,

    /// <summary>What is left was put by.</summary>
    Retained,

    /// <summary>Destroyed; nothing follows.</summary>
    Destroyed,
}

/// <summary>A link of a part's chain of custody.</summary>
/// <param name="Part">The part.</param>
/// <param name="Number">Place in the part's chain, from 1.</param>
/// <param name="Act">What happened.</param>
/// <param name="FromPerson">Who had it before; the head of the household at the taking.</param>
/// <param name="FromOrganisation">Where it was before.</param>
/// <param name="FromName">The carrier before, when without an account.</param>
/// <param name="ToPerson">Who has it from now.</param>
/// <param name="ToOrganisation">Where it is from now.</param>
/// <param name="ToName">The carrier from now, when without an account.</param>
/// <param name="SealIntact">At a receipt: whether the seal was whole.</param>
/// <param name="Temperature">Degrees Celsius.</param>
/// <param name="Note">A remark.</param>
/// <param name="HappenedAt">When it happened, as said.</param>
/// <param name="RecordedBy">Who recorded it.</param>
/// <param name="RecordedAt">When it was recorded.</param>
public sealed record CustodyLink(
    SamplePart Part, int Number, CustodyAct Act, PersonId? FromPerson, OrganisationId? FromOrganisation, string? FromName, PersonId? ToPerson,
    OrganisationId? ToOrganisation, string? ToName, bool? SealIntact, decimal? Temperature, string? Note, DateTimeOffset HappenedAt, PersonId RecordedBy,
    DateTimeOffset RecordedAt);

/// <summary>The part kept for a second opinion.</summary>
/// <param name="Quantity">How much of the sample; less than the whole.</param>
/// <param name="SealNumber">Its own seal, 3 to 40 characters, never used before.</param>
public sealed record RetainedPart(Quantity Quantity, [TextLength(40, MinimumLength = 3)] string SealNumber);

/// <summary>A sample and where its parts have been.</summary>
/// <param name="Id">The sample.</param>
/// <param name="Number">Its number in the case, from 1; the last one counts.</param>
/// <param name="Sampler">Who took it.</param>
/// <param name="TakenAt">When it was taken.</param>
/// <param name="RecordedAt">When it was recorded.</param>
/// <param name="Quantity">How much was taken, the retained part included.</param>
/// <param name="Increments">From how many places of the lot.</param>
/// <param name="SealNumber">The seal of the part to be tested.</param>
/// <param name="Retained">The part kept for a second opinion.</param>
/// <param name="Place">Where.</param>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
/// <param name="PhotoHash">SHA-256 of the photo, 64 hexadecimal digits.</param>
/// <param name="AcknowledgedBy">The producer's acknowledgement.</param>
/// <param name="Void">True when it arrived under a broken seal: a new one is needed.</param>
/// <param name="Custody">The chains of its parts, each in order.</param>
public sealed record SampleDetails(
    SampleId Id, int Number, PersonId Sampler, DateTimeOffset TakenAt, DateTimeOffset RecordedAt, Quantity Quantity, int Increments, string SealNumber,
    RetainedPart? Retained, string? Place, decimal? Latitude, decimal? Longitude, string? PhotoHash, string? AcknowledgedBy, bool Void,
    IReadOnlyList<CustodyLink> Custody)
{
    internal static async Task<List<SampleDetails>> Of(Sql which, Database database, CancellationToken cancel)
    {
        var rows = await database.List<Row>($"""
            select id, number, person, taken_at, recorded_at, amount, unit, increments, seal_number, retained_amount, retained_seal, place, latitude,
                   longitude, photo_hash, acknowledged_by, certification.is_void(id, 'test') as void
              from certification.sample where {which} order by number
            """, cancel);
        var links = await database.List<Link>($"""
            select sample, part, number, act, from_person, from_organisation, from_name, to_person, to_organisation, to_name, seal_intact, temperature,
                   note, happened_at, person, recorded_at
              from certification.custody where sample = any({rows.Select(row => row.Id.Value).ToArray()}) order by part, number
            """, cancel);
        return [.. rows.Select(row => new SampleDetails(row.Id, row.Number, row.Person, row.TakenAt, row.RecordedAt, new Quantity(row.Amount, row.Unit),
            row.Increments, row.SealNumber, row.RetainedSeal is null ? null : new RetainedPart(new Quantity(row.RetainedAmount!.Value, row.Unit), row.RetainedSeal),
            row.Place, row.Latitude, row.Longitude, row.PhotoHash, row.AcknowledgedBy, row.Void,
            [.. links.Where(link => link.Sample == row.Id).Select(link => new CustodyLink(link.Part, link.Number, link.Act, link.FromPerson,
                link.FromOrganisation, link.FromName, link.ToPerson, link.ToOrganisation, link.ToName, link.SealIntact, link.Temperature, link.Note,
                link.HappenedAt, link.Person, link.RecordedAt))]))];
    }

    private sealed record Row(
        SampleId Id, int Number, PersonId Person, DateTimeOffset TakenAt, DateTimeOffset RecordedAt, long Amount, string Unit, int Increments,
        string SealNumber, long? RetainedAmount, string? RetainedSeal, string? Place, decimal? Latitude, decimal? Longitude, string? PhotoHash,
        string? AcknowledgedBy, bool Void);

    private sealed record Link(
        SampleId Sample, SamplePart Part, int Number, CustodyAct Act, PersonId? FromPerson, OrganisationId? FromOrganisation, string? FromName,
        PersonId? ToPerson, OrganisationId? ToOrganisation, string? ToName, bool? SealIntact, decimal? Temperature, string? Note,
        DateTimeOffset HappenedAt, PersonId Person, DateTimeOffset RecordedAt);
}
