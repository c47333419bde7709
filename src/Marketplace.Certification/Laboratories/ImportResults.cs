using System.Security.Cryptography;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>One cell of a file that is wrong.</summary>
/// <param name="Row">Line of a CSV file, the heading being line 1; place of a JSON row, from 1.</param>
/// <param name="Column">The column.</param>
/// <param name="Code">Stable kebab-case code.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="Suggestion">What would be right, when it is known.</param>
public sealed record ImportProblem(int Row, string Column, string Code, string Message, string? Suggestion = null)
{
    /// <summary>JSON pointer of the cell, as every problem has one.</summary>
    public string Pointer => $"#/rows/{Row}/{Column}";
}

/// <summary>A sample whose results came in a file.</summary>
/// <param name="Application">The case.</param>
/// <param name="Sample">The sample.</param>
/// <param name="Values">How many values.</param>
/// <param name="Verdict">How they compare with the limits.</param>
public sealed record ImportedSample(CertificationApplicationId Application, SampleId Sample, int Values, ResultVerdict Verdict);

/// <summary>What came of a file of results.</summary>
/// <param name="DryRun">True when nothing was written.</param>
/// <param name="FileHash">SHA-256 of the file, kept with every entry made from it.</param>
/// <param name="Samples">What was entered, or would be.</param>
/// <param name="Problems">What was left out, in mode <c>accept_valid</c>.</param>
public sealed record ResultImport(bool DryRun, string FileHash, IReadOnlyList<ImportedSample> Samples, IReadOnlyList<ImportProblem> Problems);

/// <summary>What happens to the good samples of a file that also holds bad ones.</summary>
public enum ImportMode
{
    /// <summary>All or nothing.</summary>
    Atomic,

    /// <summary>The samples with nothing wrong are entered.</summary>
    AcceptValid,
}

/// <summary>POST /v1/result-imports.</summary>
public static class ImportResults
{
    private const int MostBytes = 1024 * 1024;

    internal static void Map(RouteGroupBuilder imports) => imports.MapPost("", Handle).WithName("importResults").Requires(Role.LaboratoryAnalyst).Moves()
        .WithMetadata(new LargeBody(MostBytes)).Accepts<ResultImportFile>("application/json", "text/csv", "text/tab-separated-values");

    /// <summary>Enter results of many samples from a file of your laboratory's system; an organisation's key will do, the approval stays a person's.</summary>
    /// <param name="dryRun">True checks everything and writes nothing.</param>
    /// <param name="mode"><c>atomic</c> (default) enters all or nothing, <c>accept_valid</c> the samples with nothing wrong.</param>
    /// <remarks>CSV with a heading (columns sample, indicator, value, unit, method, equipment, uncertainty, analysedOn; semicolon, comma or tab; UTF-8 or
    /// UTF-16) or the same as JSON rows, at most 1 MB. One comma or point is the decimal point; before exactly three digits it is asked about.
    /// 400 `bad-rows` with every bad cell at once in `errors` (row, column, code, message, suggestion); 400 `not-utf8`, `not-text`, `empty-file`;
    /// 409 `changed-meanwhile`, and those of entering results by hand.</remarks>
    public static async Task<Results<Ok<ResultImport>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, ITasks tasks, Translations translations, CancellationToken cancel, bool dryRun = false,
        [System.ComponentModel.DataAnnotations.RegularExpression("^(atomic|accept_valid)$")] string mode = "atomic")
    {
        ArgumentNullException.ThrowIfNull(http);
        using var file = new MemoryStream();
        await http.Request.Body.CopyToAsync(file, cancel);
        var json = http.Request.GetTypedHeaders().ContentType?.MediaType.Value?.EndsWith("/json", StringComparison.OrdinalIgnoreCase) == true;
        var imported = await Import(file.ToArray(), json, Wire.Label<ImportMode>(mode) ?? ImportMode.Atomic, dryRun, database, tasks, cancel);
        if (imported.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        var language = Problems.Language(http);
        var problems = imported.Value!.Problems
            .Select(problem => problem with { Message = translations.Find(language, problem.Code) ?? problem.Message }).ToList();
        if (imported.Value.Samples.Count > 0)
        {
            return TypedResults.Ok(imported.Value with { Problems = problems });
        }

        var details = new ProblemDetails { Status = 400, Detail = BadRows.Sentence };
        details.Extensions["code"] = BadRows.Code;
        details.Extensions["errors"] = problems;
        return TypedResults.Problem(details);
    }

    private static readonly Refusal BadRows = new("bad-rows", "The file has cells that are wrong; nothing was entered.", Status: 400);

    internal static async Task<Outcome<ResultImport>> Import(
        byte[] file, bool json, ImportMode mode, bool dryRun, Database database, ITasks tasks, CancellationToken cancel)
    {
        var read = ImportFile.Read(file, json);
        if (read.Refusal is { } unreadable)
        {
            return unreadable;
        }

        var (rows, problems) = read.Value;
        if (rows.Count == 0 && problems.Count == 0)
        {
            return new Refusal("empty-file", "The file holds no results.", Status: 400);
        }

        var sheets = await Sheets(rows, problems, database, cancel);
        var bad = problems.Select(problem => problem.Row).ToHashSet();
        var good = sheets.Where(sheet => sheet.Application is not null && !sheet.Lines.Exists(bad.Contains)).ToList();
        if (problems.Count > 0 && mode == ImportMode.Atomic)
        {
            good.Clear();
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(file));
        var samples = new List<ImportedSample>();
        // In the order of the cases, so that two files at once cannot wait for each other.
        foreach (var sheet in good.OrderBy(sheet => sheet.Application!.Id.Value))
        {
            var entered = await EnterResults.Record(sheet.Application!, sheet.Sample!, sheet.Values, sheet.Limits!, hash, database, tasks, cancel);
            if (entered.Refusal is { } refusal)
            {
                return refusal;
            }

            samples.Add(new ImportedSample(sheet.Application!.Id, sheet.Sample!.Id, sheet.Values.Count, entered.Value!.Verdict));
        }

        if (dryRun)
        {
            // Everything was carried out, the tables' own checks included, and is taken back.
            await database.Rollback();
        }

        return new ResultImport(dryRun, hash, samples, [.. problems.OrderBy(problem => problem.Row)]);
    }

    /// <summary>The rows by sample, each sample with its case; what is wrong is added to the problems.</summary>
    private static async Task<List<Sheet>> Sheets(
        List<(int Line, ImportedValue Row)> rows, List<ImportProblem> problems, Database database, CancellationToken cancel)
    {
        var indicators = await database.List<Indicator>($"select code, name_en, name_ru, name_kk from certification.indicator order by code", cancel);
        var codes = indicators.ConvertAll(indicator => indicator.Code);
        var byName = indicators.SelectMany(one => new[] { one.Code, one.NameEn, one.NameRu, one.NameKk }.Select(name => (Name: Fold.Of(name), one.Code)))
            .DistinctBy(pair => pair.Name).ToDictionary(pair => pair.Name, pair => pair.Code, StringComparer.Ordinal);
        var found = await Found([.. rows.Select(row => row.Row.Sample.Trim()).Distinct()], database, cancel);
        var sheets = new List<Sheet>();
        foreach (var group in rows.GroupBy(row => found.GetValueOrDefault(row.Row.Sample.Trim())))
        {
            var sheet = new Sheet([.. group.Select(row => row.Line)]);
            sheets.Add(sheet);
            var linesOfValues = new List<int>();
            foreach (var (line, row) in group)
            {
                if (Value(row, line, byName, problems) is { } value)
                {
                    sheet.Values.Add(value);
                    linesOfValues.Add(line);
                }
            }

            if (group.Key is null)
            {
                problems.AddRange(group.Select(row => new ImportProblem(row.Line, "sample", "unknown-sample", "No sample of your laboratory has this seal or id.")));
                continue;
            }

            var application = (await CertificationApplication.FindInCare(group.Key.Application, database, cancel))!;
            var refusal = await application.OnlyFor(CasePart.Analyst, database, cancel)
                ?? (CertificationApplication.Next(application.Stage, CertificationStep.EnterResults) is null ? application.WrongStage() : null);
            if (refusal is null)
            {
                sheet.Sample = await SampleUnderTest.LastOf(application, database, cancel);
                refusal = sheet.Sample.Id != group.Key.Sample ? new Refusal("sample-superseded", "A newer sample was taken; its results count.") : sheet.Sample.Refusal;
            }

            if (refusal is not null)
            {
                problems.Add(new ImportProblem(sheet.Lines[0], "sample", refusal.Code, refusal.Sentence));
                continue;
            }

            sheet.Application = application;
            sheet.Limits = await LimitsInForce.For(application, database, cancel);
            problems.AddRange((await ResultCheck.Of(application, sheet.Sample!, sheet.Values, sheet.Limits.Rules, codes, database, cancel))
                .Select(problem => new ImportProblem(linesOfValues[problem.At], problem.Member, problem.Code, problem.Sentence, problem.Suggestion)));
        }

        return sheets;
    }

    private static ResultValue? Value(ImportedValue row, int line, Dictionary<string, string> byName, List<ImportProblem> problems)
    {
        var before = problems.Count;
        void Wrong(string column, string code, string message, string? suggestion = null) =>
            problems.Add(new ImportProblem(line, column, code, message, suggestion));

        void Refused(string column, string text, Refusal refusal) => Wrong(column, refusal.Code, refusal.Sentence,
            refusal.Code == "decimal-ambiguous" ? string.Join(", ", DecimalInput.Readings(text).Decimals, DecimalInput.Readings(text).Thousands) : null);

        void Length(string column, string? text, int least, int most)
        {
            if (text is not null && text.Length is var length && (length < least || length > most))
            {
                Wrong(column, "bad-length", $"The cell has {least} to {most} characters.");
            }
        }

        Length("sample", row.Sample, 1, 40);
        Length("method", row.Method, 2, 100);
        Length("unit", row.Unit, 1, 20);
        Length("equipment", row.Equipment, 2, 40);
        var typed = Fold.Of(row.Indicator.Trim());
        if (byName.GetValueOrDefault(typed) is not { } indicator)
        {
            indicator = "";
            Wrong("indicator", "unknown-indicator", "There is no such indicator.",
                typed.Length < 3 ? null : byName.FirstOrDefault(name => name.Key.StartsWith(typed[..3], StringComparison.Ordinal)).Value);
        }

        var value = ImportCell.Value(row.Value);
        if (value.Refusal is { } unread)
        {
            Refused("value", row.Value.Trim('<', '>', ' '), unread);
        }

        var uncertainty = row.Uncertainty is { } stated ? ImportCell.Number(stated) : default;
        if (uncertainty.Refusal is { } unsure)
        {
            Refused("uncertainty", row.Uncertainty!, unsure);
        }

        var day = row.AnalysedOn is { } written ? ImportCell.Day(written) : null;
        if (row.AnalysedOn is not null && day is null)
        {
            Wrong("analysedOn", "bad-date", "Write the day as 2026-08-31 or 31.08.2026.");
        }

        return problems.Count > before ? null : new ResultValue(indicator, ImportCell.Unit(row.Unit), row.Method.Trim(), value.Value.Value, value.Value.Comparator,
            row.Equipment?.Trim(), row.Uncertainty is null ? null : uncertainty.Value, day);
    }

    /// <summary>The samples of the laboratory by what a file calls them: the seal of the part to be tested, or the id.</summary>
    private static async Task<Dictionary<string, Known>> Found(string[] names, Database database, CancellationToken cancel)
    {
        var ids = names.Where(name => Guid.TryParse(name, out _)).Select(name => Guid.Parse(name)).ToArray();
        var known = await database.List<Known>($"""
            select s.id as sample, a.id as application, certification.seal_key(s.seal_number) as seal
              from certification.sample s join certification.application a on a.id = s.application
             where a.laboratory = {database.Actor.Organisation}
               and (s.id = any({ids}) or certification.seal_key(s.seal_number) = any(array(select certification.seal_key(name) from unnest({names}) as name)))
            """, cancel);
        var keys = (await database.List<string>($"select certification.seal_key(name) from unnest({names}) with ordinality as given (name, at) order by at", cancel))
            .Zip(names);
        return keys.Select(pair => (pair.Second, Sample: known.Find(one => one.Seal == pair.First || (Guid.TryParse(pair.Second, out var id) && one.Sample.Value == id))))
            .Where(pair => pair.Sample is not null).ToDictionary(pair => pair.Second, pair => pair.Sample!, StringComparer.Ordinal);
    }

    private sealed record Known(SampleId Sample, CertificationApplicationId Application, string Seal);

    private sealed record Indicator(string Code, string NameEn, string NameRu, string NameKk);

    /// <summary>The rows of one sample.</summary>
    private sealed record Sheet(List<int> Lines)
    {
        public List<ResultValue> Values { get; } = [];

        public CertificationApplication? Application { get; set; }

        public SampleUnderTest? Sample { get; set; }

        public LimitsInForce? Limits { get; set; }
    }
}
