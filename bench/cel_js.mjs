// bench/cel_js.mjs - the conditions of bench/cel.c in the npm package @marcbachmann/cel-js; bench/run installs it.
// With the file that bench-cel --json wrote as argument, says how many times faster that is. Parsed once, evaluated often; what our functions of time do is registered as functions there, without until-when.
import { readFileSync } from 'node:fs';
import { Environment } from '@marcbachmann/cel-js';

const day = 86400000;
const now = new Date('2026-03-18T15:04:05Z');
const countries = ['DE', 'AT', 'FR', 'NL', 'US', 'CH', 'IT', 'ES'];
const names = ['beta', 'city', 'company', 'country', 'currency', 'email', 'industry', 'language', 'mrr', 'name', 'newsletter',
  'plan', 'referrer', 'seats', 'source', 'tags'];

const rows = countries.map((country, i) => {
  const traits = Object.fromEntries(names.map((name) => [name, 'something else']));
  Object.assign(traits, {
    country, plan: i === 5 ? 'free' : 'pro', email: 'somebody.or.other@example.com', seats: BigInt(11 + i), mrr: 120.5 + i,
    newsletter: true, tags: ['newcomer', i === 3 ? 'partner' : 'vip', 'enterprise-eu'],
  });
  const logins = Array.from({ length: 20 }, (_, e) => now.getTime() - (20 - e) * (day + i * 1000));
  return { now, contact: { traits, health: BigInt(70 + i) }, logins };
});

let current = rows[0];
const environment = new Environment({ unlistedVariablesAreDyn: true });
environment.registerFunction('loginsInDays(int): int', (days) => {
  const from = now.getTime() - Number(days) * day;
  let count = 0n;
  for (let i = current.logins.length - 1; i >= 0 && current.logins[i] > from; i--) count++;
  return count;
});

const conditions = {
  A: "contact.traits.plan == 'pro' && contact.traits.seats > 10",
  B: "contact.traits.country in ['AT', 'BE', 'CH', 'DE', 'ES', 'FR', 'IT', 'NL'] && contact.traits.newsletter && contact.traits.email.endsWith('@example.com')",
  C: "has(contact.traits.company) && contact.traits.mrr >= 99.5 && contact.health > 60 && 'vip' in contact.traits.tags",
  D: "contact.traits.tags.exists(tag, tag.startsWith('enterprise')) && loginsInDays(7) >= 3",
  E: "now >= timestamp('2026-01-01T00:00:00Z') && now.getDayOfWeek() in [1, 2, 3, 4, 5]",
};

const ours = process.argv[2] ? JSON.parse(readFileSync(process.argv[2])).conditions : [];
console.log(`${'@marcbachmann/cel-js, ns an evaluation (no until-when)'.padEnd(54)} ${'this'.padStart(9)} ${'faster'.padStart(7)}`);
let kept = 0;
for (const [name, source] of Object.entries(conditions)) {
  try {
    const evaluate = environment.parse(source);
    const round = (count) => {
      const start = process.cpuUsage();
      for (let i = 0; i < count; i++) {
        current = rows[i % rows.length];
        kept += evaluate(current) === true ? 1 : 0;
      }
      const used = process.cpuUsage(start);
      return ((used.user + used.system) * 1000) / count;
    };
    round(20000);
    const times = Array.from({ length: 9 }, () => round(20000)).sort((a, b) => a - b);
    const own = ours.find((condition) => condition.name === name)?.ns;
    const beside = own ? `${own.toFixed(1).padStart(9)} ${(times[4] / own).toFixed(0).padStart(6)}x` : '';
    console.log(name.padEnd(34), times[4].toFixed(0).padStart(9), ''.padEnd(9), beside,
      own && times[4] < 10 * own ? 'LESS THAN 10 TIMES' : '');
  } catch (error) {
    console.log(name.padEnd(34), `not possible: ${String(error.message).split('\n')[0]}`);
  }
}
if (kept < 0) console.log(kept);
