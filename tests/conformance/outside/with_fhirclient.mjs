// fhirclient: requests with references followed, every page, create and update.
import fhirclient from 'fhirclient'
import { FHIR, KNOWN, TOKEN, relative, same, step } from './common.mjs'

const client = new fhirclient.FhirClient(FHIR)
const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/fhir+json' }
const found = []
for await (const one of client.resources('Patient?_count=3', { headers })) found.push(one.id)
step('searches, page after page', same(found.sort(), [...KNOWN].sort()), found)
const sent = relative(KNOWN[0], 'smart')
const made = await client.create(sent, { headers })
const read = await client.fhirRequest(`RelatedPerson/${made.id}`, { headers })
step('creates, and reads back what it sent', Object.keys(sent).every((one) => same(sent[one], read[one])), read)
const body = { ...read, telecom: [{ system: 'phone', value: '0699999999' }] }
const after = await client.update(body, { headers: { ...headers, 'If-Match': `W/"${read.meta.versionId}"` } })
step('updates with If-Match', after.telecom[0].value === '0699999999', after)
await client.delete(`RelatedPerson/${made.id}`, { headers })
console.log('DONE')
