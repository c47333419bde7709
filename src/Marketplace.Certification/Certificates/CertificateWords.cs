using System.Globalization;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>The words of a certificate in one language, for its page and its print.</summary>
internal sealed record CertificateWords(
    string Title, string Languages, string NotFound, string Product, string Village, string Quantity, string Left, string Issuer, string Scheme, string Valid,
    string Lot, string Replaces, string ReplacedBy, string Document, string Printed, string CheckQr, IReadOnlyDictionary<CertificateState, string> States,
    IReadOnlyDictionary<string, string> Units)
{
    private static readonly Dictionary<string, CertificateWords> All = new(StringComparer.Ordinal)
    {
        ["en"] = new("Certificate", "Languages", "There is no such certificate.", "Product", "Village", "Certified", "Left to sell", "Issued by", "Scheme", "Valid",
            "Lot", "Replaces", "Replaced by", "Certificate as PDF", "State when printed, {0}",
            "This paper shows the state when it was printed. Check the QR for the state now.",
            In("Genuine and valid", "Suspended: do not buy now", "Withdrawn: do not buy", "Expired", "Used up", "Replaced by another certificate"),
            Of("kg", "l", "pieces")),
        ["ru"] = new("Сертификат", "Языки", "Такого сертификата нет.", "Продукция", "Село", "Сертифицировано", "Осталось к продаже", "Выдан", "Схема", "Действует",
            "Партия", "Взамен", "Заменён на", "Сертификат в PDF", "Состояние на момент печати, {0}", "Бумага показывает состояние на момент печати. Проверьте QR, чтобы узнать нынешнее.",
            In("Подлинный, действует", "Приостановлен: сейчас не покупайте", "Отозван: не покупайте", "Срок истёк", "Количество исчерпано", "Заменён другим сертификатом"),
            Of("кг", "л", "шт.")),
        ["kk"] = new("Сертификат", "Тілдер", "Мұндай сертификат жоқ.", "Өнім", "Ауыл", "Сертификатталған", "Сатуға қалғаны", "Берген", "Схема", "Қолданылу мерзімі",
            "Партия", "Мынаның орнына", "Мынамен ауыстырылған", "PDF түріндегі сертификат", "Басылған кездегі күйі, {0}", "Қағаз басылған кездегі күйді көрсетеді. Қазіргі күйін білу үшін QR-кодты тексеріңіз.",
            In("Шынайы, жарамды", "Тоқтатылған: қазір сатып алмаңыз", "Қайтарып алынған: сатып алмаңыз", "Мерзімі өткен", "Мөлшері таусылған", "Басқа сертификатпен ауыстырылған"),
            Of("кг", "л", "дана")),
        ["ky"] = new("Сертификат", "Тилдер", "Мындай сертификат жок.", "Азык", "Айыл", "Сертификатталган", "Сатууга калганы", "Берген", "Схема", "Жарактуу мөөнөтү",
            "Партия", "Мунун ордуна", "Муну менен алмаштырылган", "PDF түрүндөгү сертификат", "Басылган учурдагы абалы, {0}", "Кагаз басылган учурдагы абалды көрсөтөт. Азыркы абалын билүү үчүн QR-кодду текшериңиз.",
            In("Чыныгы, жарактуу", "Токтотулган: азыр сатып албаңыз", "Кайтарылып алынган: сатып албаңыз", "Мөөнөтү өткөн", "Көлөмү түгөнгөн", "Башка сертификат менен алмаштырылган"),
            Of("кг", "л", "даана")),
    };

    public static CertificateWords In(string language) => All[language];

    private static Dictionary<CertificateState, string> In(string active, string suspended, string withdrawn, string expired, string depleted, string replaced) => new()
    {
        [CertificateState.Active] = active,
        [CertificateState.Suspended] = suspended,
        [CertificateState.Withdrawn] = withdrawn,
        [CertificateState.Expired] = expired,
        [CertificateState.Depleted] = depleted,
        [CertificateState.Replaced] = replaced,
    };

    private static Dictionary<string, string> Of(string kilogram, string litre, string piece) =>
        new(StringComparer.Ordinal) { ["KGM"] = kilogram, ["LTR"] = litre, ["H87"] = piece };
}

/// <summary>What a certificate says, as people of one language read it.</summary>
internal sealed record CertificateText(CertificateDetails Certificate, string Language)
{
    public CertificateWords Words => CertificateWords.In(Language);

    public string State => Words.States[Certificate.State];

    public string Product => Language switch
    {
        "kk" => Certificate.ProductNameKk,
        "ru" => Certificate.ProductNameRu,
        "ky" => Certificate.ProductNameKy,
        _ => Certificate.ProductNameEn,
    };

    public string Village => Language is "kk" or "ky" ? Certificate.VillageNameKk : Certificate.VillageNameRu;

    public string Validity => $"{Day(Certificate.ValidFrom)} – {Day(Certificate.ValidUntil)}";

    public string Of(Quantity quantity)
    {
        var unit = Units.Trading(quantity.Unit);
        return ((decimal)quantity.Amount / unit.Steps).ToString("#,0.###", Numbers) + " " + Words.Units[unit.Code];
    }

    /// <summary>The day in the certificate's country.</summary>
    public string Day(DateTimeOffset instant) => Local(instant).ToString("dd.MM.yyyy", CultureInfo.InvariantCulture);

    public string Minute(DateTimeOffset instant) => Local(instant).ToString("dd.MM.yyyy HH:mm", CultureInfo.InvariantCulture);

    private DateTimeOffset Local(DateTimeOffset instant) => instant.ToOffset(Place.Offset(Place.Country(Certificate.Village)));

    private NumberFormatInfo Numbers => new() { NumberGroupSeparator = "\u00a0", NumberDecimalSeparator = Language == "en" ? "." : "," };
}
