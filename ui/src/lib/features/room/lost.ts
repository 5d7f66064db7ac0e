import type { LostReasonName } from '$bindings/LostReasonName';

/** Why a deal was lost, as one says it. */
export const lostWord: Record<LostReasonName, string> = {
	customer_deficiency: 'The customer could not go on',
	project_cancelled: 'The project was delayed or cancelled',
	legal: 'Legal, tax or regulation',
	competitor_google: 'Lost to Google',
	competitor_microsoft: 'Lost to Microsoft',
	competitor_soft_layer: 'Lost to SoftLayer',
	competitor_vmware: 'Lost to VMware',
	competitor_other: 'Lost to another competitor',
	no_opportunity: 'There was no opportunity',
	on_premises: 'Stays on premises',
	partner_gap: 'A gap on the partner’s side',
	price: 'Price',
	security: 'Security or compliance',
	technical_limitations: 'Technical limits',
	customer_experience: 'Customer experience',
	other: 'Another reason',
	relationship: 'People, relationship or governance',
	product: 'Product or technology',
	commercial: 'Financial or commercial'
};

/** The commonest first; as a list to choose from. */
export const lostReasons: LostReasonName[] = [
	'price',
	'competitor_other',
	'project_cancelled',
	'no_opportunity',
	'customer_deficiency',
	'technical_limitations',
	'product',
	'security',
	'legal',
	'commercial',
	'relationship',
	'customer_experience',
	'partner_gap',
	'on_premises',
	'competitor_microsoft',
	'competitor_google',
	'competitor_vmware',
	'competitor_soft_layer',
	'other'
];
