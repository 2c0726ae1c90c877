// Words for money, traffic, time and counts.

const DOLLARS = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const WHOLE_DOLLARS = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 0 });
const INTEGER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const ONE_DIGIT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Upper end of a range of dollars as a number; -1 for what has no price, so that it sorts last. */
function highOf(usd) {
  return usd ? Number(usd.high) : -1;
}

/** Lower end of a range of dollars as a number. */
function lowOf(usd) {
  return usd ? Number(usd.low) : 0;
}

/** Dollars to the cent, of a decimal string or number. */
function dollars(amount) {
  return DOLLARS.format(Number(amount));
}

/** A range of dollars in words; what has no price says so and is never shown as zero. */
function money(usd, missing = "not priced") {
  if (!usd) return missing;
  if (usd.low === usd.high) return dollars(usd.low);
  if (Number(usd.low) === 0) return `up to ${dollars(usd.high)}`;
  return `${dollars(usd.low)} to ${dollars(usd.high)}`;
}

/** A range for a headline: whole dollars from a hundred on. */
function roundMoney(usd, missing = "not priced") {
  if (!usd) return missing;
  const one = (amount) => (Math.abs(Number(amount)) >= 100 ? WHOLE_DOLLARS.format(Number(amount)) : dollars(amount));
  if (one(usd.low) === one(usd.high)) return one(usd.high);
  if (Number(usd.low) === 0) return `up to ${one(usd.high)}`;
  return `${one(usd.low)} to ${one(usd.high)}`;
}

/** What a change does to the bill of a month. */
function billWords(usd) {
  if (Number(usd.low) === 0 && Number(usd.high) === 0) return "no change of the bill";
  if (Number(usd.high) <= 0) return `costs ${money({ low: String(-Number(usd.high)), high: String(-Number(usd.low)) })} a month`;
  return `saves ${money(usd)} a month`;
}

/** Whether a price says that something is to be had. */
function isSaving(usd) {
  return usd !== null && usd !== undefined && Number(usd.high) > 0;
}

/** Gigabytes (2^30 bytes) of a month. */
function gigabytes(gb) {
  const n = Number(gb);
  if (n === 0) return "0 GB";
  return n >= 10000 ? `${ONE_DIGIT.format(n / 1024)} TB` : `${n >= 100 ? INTEGER.format(n) : ONE_DIGIT.format(n)} GB`;
}

/** Bytes in the largest unit that leaves more than one. */
function bytes(count) {
  const units = ["bytes", "KB", "MB", "GB", "TB", "PB"];
  let n = Number(count);
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? INTEGER.format(n) : ONE_DIGIT.format(n)} ${units[unit]}`;
}

/** Day of a time stamp; what is no time stamp stays as it is. */
function day(stamp) {
  const m = /^(\d{4})-(\d{2})-(\d{2})/.exec(String(stamp));
  return m ? `${Number(m[3])} ${MONTHS[Number(m[2]) - 1] || m[2]} ${m[1]}` : String(stamp);
}

/** Day and minute of a time stamp, in UTC as it was written. */
function moment(stamp) {
  const m = /T(\d{2}:\d{2})/.exec(String(stamp));
  return m ? `${day(stamp)}, ${m[1]} UTC` : day(stamp);
}

/** A share of two digits as per cent. */
function percent(share) {
  return `${Math.round(Number(share) * 100)}%`;
}

/** What is missing to the whole, as per cent. */
function percentMissing(share) {
  return `${Math.round((1 - Number(share)) * 100)}%`;
}

/** A score with one digit. */
function scoreText(score) {
  return ONE_DIGIT.format(score);
}

/** A count with its noun. */
function counted(n, one, many = `${one}s`) {
  return `${INTEGER.format(n)} ${n === 1 ? one : many}`;
}

/** A long text cut in the middle, for labels in drawings. */
function cut(text, length) {
  const all = Array.from(String(text));
  if (all.length <= length) return String(text);
  const head = Math.ceil((length - 1) * 0.62);
  return `${all.slice(0, head).join("")}…${all.slice(all.length - (length - 1 - head)).join("")}`;
}
