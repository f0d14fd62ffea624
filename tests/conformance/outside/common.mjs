// What each script here is told, and says: one line a step, and DONE at the end.
import { isDeepStrictEqual } from 'node:util'

export const FHIR = process.env.FHIR
export const TOKEN = process.env.TOKEN
export const KNOWN = JSON.parse(process.env.KNOWN)
export const same = isDeepStrictEqual

export function step(words, right, seen = '') {
  console.log(`${right ? 'ok ' : 'NOT'} ${words}${right ? '' : ': ' + JSON.stringify(seen).slice(0, 800)}`)
  if (!right) process.exit(1)
}

export const relative = (person, who) => ({
  resourceType: 'RelatedPerson',
  extension: [{ url: 'http://example.org/pet', valueString: 'chat' }],
  identifier: [{ system: 'urn:conformance', value: who }],
  patient: { reference: `Patient/${person}` },
  name: [{ family: 'Dupont', given: [who] }],
  telecom: [{ system: 'phone', value: '0612345678' }],
})
