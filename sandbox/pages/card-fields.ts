import { type Html, html } from "./html.ts";

/** A card as typed into a form, read: or what is wrong with it. */
export type CardForm =
  | { card: string; exp_month: number; exp_year: number }
  | { card: "" }
  | { refusal: string };

/** The fields of a card. */
export function cardFields({ required, name }: { required: boolean; name: string }): Html {
  const must = required ? html` required` : null;
  return html`
<label>Card number <input name="card" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242"${must}></label>
<label>Expiry, month / year <input name="expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="12 / 34"${must}></label>
<label>Security code (CVC) <input name="cvc" inputmode="numeric" autocomplete="cc-csc" maxlength="4" placeholder="123"${must}></label>
<label>Name on the card <input name="name" autocomplete="cc-name" value="${name}"${must}></label>`;
}

/** Reads the card; `now` (seconds) tells an expired one. Whether the number is a card's is the provider's to say. */
export function readCard(form: URLSearchParams, now: number): CardForm {
  const card = (form.get("card") ?? "").trim();
  if (card === "") return { card: "" };
  const [, month = "", year = ""] =
    /^\s*(\d{1,2})\s*\/?\s*(\d{4}|\d{2})\s*$/.exec(form.get("expiry") ?? "") ?? [];
  const exp_month = Number(month);
  const exp_year = Number(year.length === 2 ? `20${year}` : year);
  if (exp_month < 1 || exp_month > 12) return { refusal: "Your card's expiration date is incomplete." };
  // a card is good until its month is over
  if (Date.UTC(exp_year, exp_month) <= now * 1000)
    return { refusal: "Your card's expiration date is in the past." };
  if (!/^\d{3,4}$/.test((form.get("cvc") ?? "").trim()))
    return { refusal: "Your card's security code is incomplete." };
  if ((form.get("name") ?? "").trim() === "") return { refusal: "Please give the name on the card." };
  return { card, exp_month, exp_year };
}

const cards: readonly [string, string][] = [
  ["4242 4242 4242 4242", "pays"],
  ["5555 5555 5555 4444", "pays (Mastercard)"],
  ["4000 0025 0000 3155", "pays here, but asks the customer to confirm each renewal"],
  ["4000 0000 0000 0341", "can be put on file, but every charge is declined"],
  ["4000 0000 0000 0002", "is declined"],
  ["4000 0000 0000 9995", "is declined for insufficient funds"],
];

/** The numbers that mean something here. */
export function testCards(): Html {
  return html`<h2>Test cards</h2>
<p>Any expiry in the future and any security code will do.</p>
<div class="scroll"><table><thead><tr><th scope="col">Number</th><th scope="col">What it does</th></tr></thead><tbody>
${cards.map(([number, what]) => html`<tr><td class="id">${number}</td><td>${what}</td></tr>`)}
</tbody></table></div>`;
}
