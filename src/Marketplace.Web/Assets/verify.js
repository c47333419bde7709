"use strict";
// Checks labels and knows nothing but the key list and the status lists: the same rules as Label and OfflineCheck of the certification module.
// One text only is right for given claims, key and signature; whatever is spelt differently is a forgery.

const Labels = (() => {
  const signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  const halfOrder = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8";
  const utf8 = new TextEncoder();
  const hex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
  const fail = () => { throw new RangeError("not canonical"); };

  function base45(text) {
    const values = Array.from(text, sign => signs.indexOf(sign));
    if (values.includes(-1) || values.length % 3 === 1) fail();
    const bytes = [];
    for (let at = 0; at < values.length; at += 3) {
      const pair = values.length - at === 2;
      const value = values[at] + 45 * values[at + 1] + (pair ? 0 : 2025 * values[at + 2]);
      if (value > (pair ? 255 : 65535)) fail();
      if (!pair) bytes.push(value >> 8);
      bytes.push(value & 255);
    }
    return Uint8Array.from(bytes);
  }

  // Reads what a label may hold and nothing else: shortest lengths only, members in one order, no byte left over.
  class Cbor {
    constructor(bytes) { this.bytes = bytes; this.at = 0; }
    head(major) {
      const first = this.take(1)[0];
      if (first >> 5 !== major) fail();
      const info = first & 31;
      if (info < 24) return info;
      if (info > 27) fail();
      const value = this.take(2 ** (info - 24)).reduce((sum, byte) => sum * 256 + byte, 0);
      if (value < [24, 256, 65536, 4294967296][info - 24] || value > Number.MAX_SAFE_INTEGER) fail();
      return value;
    }
    take(length) {
      if (this.at + length > this.bytes.length) fail();
      return this.bytes.subarray(this.at, this.at += length);
    }
    expect(major, value) { if (this.head(major) !== value) fail(); return this; }
    data() { return this.take(this.head(2)); }
    text() { return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(this.head(3))); }
    uuid() {
      const digits = hex(this.data());
      if (digits.length !== 32) fail();
      return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    }
    end() { if (this.at !== this.bytes.length) fail(); }
  }

  function read(text) {
    const message = new Cbor(base45(text));
    message.expect(6, 18).expect(4, 4); // COSE_Sign1
    const header = message.data();
    message.expect(5, 0);
    const payload = message.data();
    const signature = message.data();
    message.end();
    const inner = new Cbor(header);
    inner.expect(5, 2).expect(0, 1).expect(1, 6).expect(0, 4); // ES256 is -7
    const keyId = hex(inner.data());
    inner.end();
    // Of the two signatures (r, s) and (r, n - s) only the one with the small s is ours.
    if (keyId.length !== 16 || signature.length !== 64 || hex(signature.subarray(32)) > halfOrder) fail();
    const map = new Cbor(payload);
    map.expect(5, 9);
    const member = number => map.expect(0, number);
    const claims = {
      serial: member(1).text(), lot: member(2).uuid(), product: member(3).text(), amount: member(4).head(0), unit: member(5).text(),
      village: member(6).text(), issuer: member(7).uuid(), validFrom: member(8).head(0) * 1000, validUntil: member(9).head(0) * 1000,
    };
    map.end();
    return { header, payload, signature, keyId, claims };
  }

  const lengthOf = bytes => bytes.length < 24 ? [0x40 | bytes.length] : bytes.length < 256 ? [0x58, bytes.length] : [0x59, bytes.length >> 8, bytes.length & 255];

  const base64 = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), sign => sign.charCodeAt(0));

  async function signed(key, signature, data) {
    const opened = await crypto.subtle.importKey("spki", base64(key.publicKey), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, opened, signature, data);
  }

  const signsAt = (key, instant) => instant >= Date.parse(key.validFrom) && !(key.validUntil && instant > Date.parse(key.validUntil));

  // RFC 8785: this language's own way to write numbers and texts is the standard's.
  const canonical = value => Array.isArray(value) ? `[${value.map(canonical).join()}]`
    : value && typeof value === "object" ? `{${Object.keys(value).sort().map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`
    : JSON.stringify(value);

  function base58(text) {
    let value = 0n;
    for (const letter of text) {
      const digit = letters.indexOf(letter);
      if (digit < 0) fail();
      value = value * 58n + BigInt(digit);
    }
    const digits = value.toString(16);
    return Uint8Array.from(digits.padStart(Math.max(128, digits.length + digits.length % 2), "0").match(/../g), byte => parseInt(byte, 16));
  }

  const hash = async value => new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(canonical(value))));

  // W3C Data Integrity, ecdsa-jcs-2019.
  async function proven(credential, keys) {
    const { proof, ...document } = credential;
    const { proofValue, ...config } = proof;
    const key = keys.find(one => proof.verificationMethod === `${document.issuer}#${one.keyId}`);
    return Boolean(key) && !key.revokedAt && proof.type === "DataIntegrityProof" && proof.cryptosuite === "ecdsa-jcs-2019"
      && proof.proofPurpose === "assertionMethod" && canonical(proof["@context"]) === canonical(document["@context"])
      && signsAt(key, Date.parse(proof.created)) && proofValue[0] === "z"
      && signed(key, base58(proofValue.slice(1)), Uint8Array.from([...await hash(config), ...await hash(document)]));
  }

  /** The status lists that one of the keys signed; what is not signed is left out. */
  async function lists(text, keys) {
    const read = [];
    for (const credential of JSON.parse(text).items) {
      try {
        const name = credential.id.split("/").pop();
        const subject = credential.credentialSubject;
        if (name.split("-").pop() !== subject.statusPurpose || subject.encodedList[0] !== "u" || !await proven(credential, keys)) continue;
        const unzipped = new Blob([base64(subject.encodedList.slice(1))]).stream().pipeThrough(new DecompressionStream("gzip"));
        const bits = new Uint8Array(await new Response(unzipped).arrayBuffer());
        if (bits.length === 16384) read.push({ name, bits, madeAt: Date.parse(credential.validFrom), validUntil: Date.parse(credential.validUntil) });
      } catch { /* not a list of ours */ }
    }
    return read;
  }

  function standing(claims, lists, now) {
    const [, year, number] = /^(K[ZG]-\d\d)-(\d{6,9})-\d$/.exec(claims.serial) || [];
    const place = number - 1;
    const fresh = purpose => lists.find(list => list.name === `${year}-${Math.floor(place / 131072)}-${purpose}` && now <= list.validUntil);
    const has = list => list && (list.bits[(place % 131072) >> 3] & (128 >> (place & 7))) !== 0;
    const [revoked, suspended] = [fresh("revocation"), fresh("suspension")];
    const madeAt = Math.min(...[revoked, suspended].filter(Boolean).map(list => list.madeAt));
    return {
      claims, listMadeAt: Number.isFinite(madeAt) ? madeAt : null,
      standing: has(revoked) ? "withdrawn" : now < claims.validFrom ? "not_yet_valid" : now > claims.validUntil ? "expired"
        : has(suspended) ? "suspended" : revoked && suspended ? "genuine" : "status_unknown",
    };
  }

  /** What a scanned text is worth: the standing, the claims if the signature holds, and when the status list was made. */
  async function check(text, keys, lists, now) {
    if (!text.startsWith("MP1:") || text.length > 1000) return { standing: "not_a_label" };
    let label;
    try {
      label = read(text.slice(4));
    } catch {
      return { standing: "forged" };
    }
    const key = keys.find(one => one.keyId === label.keyId);
    if (!key) return { standing: "unknown_key" };
    const { header, payload, signature, claims } = label;
    const data = Uint8Array.from([0x84, 0x6a, ...utf8.encode("Signature1"), ...lengthOf(header), ...header, 0x40, ...lengthOf(payload), ...payload]);
    if (!await signed(key, signature, data) || !signsAt(key, claims.validFrom)) return { standing: "forged" };
    return key.revokedAt ? { standing: "revoked_key", claims } : standing(claims, lists, now);
  }

  return { check, lists, base45, canonical };
})();

const Page = (() => {
  const language = document.documentElement.lang;
  const at = id => document.getElementById(id);
  const words = name => at("words").content.querySelector(`[data-word="${name}"]`).textContent;
  let known = { keys: [], lists: [], names: {}, fetchedAt: null };
  let saved = { keys: "[]", lists: '{"items":[]}', names: "{}", fetchedAt: null };
  let shown = null;

  const stored = () => {
    try { return JSON.parse(localStorage.getItem("verify-lists")); } catch { return null; }
  };

  async function open(kept) {
    if (!kept) return;
    const keys = JSON.parse(kept.keys);
    known = { keys, lists: await Labels.lists(kept.lists, keys), names: JSON.parse(kept.names), fetchedAt: kept.fetchedAt };
    saved = kept;
    age();
  }

  async function fetched(address) {
    try {
      const answer = await fetch(address);
      const text = answer.ok ? await answer.text() : null;
      JSON.parse(text);
      return text;
    } catch {
      return null; // no network, or something else answered
    }
  }

  // What came is kept and what did not stays as it was: a revoked key must become known also where the lists cannot be had.
  async function refresh() {
    try {
      const [keys, lists, names] = await Promise.all(["/v1/issuer-keys", "/v1/status-lists", `/${language}/verify/names.json`].map(fetched));
      if (!keys && !lists && !names) return age(); // the lists of last time, with their age
      await open({ keys: keys || saved.keys, lists: lists || saved.lists, names: names || saved.names, fetchedAt: lists ? Date.now() : saved.fetchedAt });
      try { localStorage.setItem("verify-lists", JSON.stringify(saved)); } catch { /* private mode: the lists live as long as the page */ }
      if (shown !== null) await show(shown);
    } catch {
      age();
    }
  }

  const two = number => String(number).padStart(2, "0");
  const day = date => `${two(date.getDate())}.${two(date.getMonth() + 1)}.${date.getFullYear()}`;
  const instant = milliseconds => { const date = new Date(milliseconds); return `${day(date)} ${two(date.getHours())}:${two(date.getMinutes())}`; };

  function age() {
    at("age").textContent = known.fetchedAt === null ? words("none")
      : `${words("fetched")} ${instant(known.fetchedAt)} (${words("hours").replace("{0}", Math.floor((Date.now() - known.fetchedAt) / 3600000))})`;
  }

  function quantity(claims) {
    const [unit, steps] = { GRM: ["kg", 1000], MLT: ["l", 1000], H87: ["piece", 1] }[claims.unit] || [null, 1];
    const [whole, part] = String(claims.amount / steps).split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, "\u00a0") + (part ? (language === "en" ? "." : ",") + part : "") + " " + (unit ? words(unit) : claims.unit);
  }

  async function show(text) {
    shown = text.trim();
    const verdict = await Labels.check(shown, known.keys, known.lists, Date.now());
    const claims = verdict.claims;
    at("verdict").replaceChildren(at("words").content.querySelector(`[data-standing="${verdict.standing}"]`).cloneNode(true));
    at("verdict").dataset.of = shown;
    at("facts").hidden = !claims;
    if (claims) {
      const facts = {
        serial: claims.serial, product: known.names.products?.[claims.product] || claims.product, lot: claims.lot,
        village: known.names.villages?.[claims.village] || claims.village, quantity: quantity(claims),
        issuer: known.names.issuers?.[claims.issuer] || claims.issuer,
        valid: `${day(new Date(claims.validFrom))} – ${day(new Date(claims.validUntil))}`,
        list: verdict.listMadeAt ? instant(verdict.listMadeAt) : words("none"),
      };
      for (const [name, value] of Object.entries(facts)) document.querySelector(`[data-fact="${name}"]`).textContent = value;
    }
    age();
  }

  async function camera() {
    const view = at("view");
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      at("cannot").hidden = false;
      return;
    }
    view.hidden = false;
    view.srcObject = stream;
    await view.play();
    const stop = () => {
      stream.getTracks().forEach(track => track.stop());
      view.hidden = true;
    };
    const look = async () => {
      const found = await detector.detect(view).catch(() => []);
      if (found.length > 0) {
        stop();
        at("text").value = found[0].rawValue;
        await show(found[0].rawValue);
      } else if (!view.hidden) {
        setTimeout(look, 150);
      }
    };
    await look();
  }

  async function start() {
    at("check").hidden = false;
    at("check").addEventListener("submit", event => {
      event.preventDefault();
      show(at("text").value);
    });
    if ("BarcodeDetector" in window && navigator.mediaDevices && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      at("camera").hidden = false;
      at("camera").addEventListener("click", camera);
    }
    addEventListener("online", refresh);
    if ("serviceWorker" in navigator) navigator.serviceWorker.register("/verify-worker.js", { scope: `/${language}/verify` });
    try { await open(stored()); } catch { localStorage.removeItem("verify-lists"); }
    await refresh();
  }

  return { start };
})();

Page.start();
