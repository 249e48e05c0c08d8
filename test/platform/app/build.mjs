import { layers, sequential } from 'sluice';

const model = sequential({ layers: [layers.lstm({ units: 1, inputShape: [1, 1] })] });
console.log(model.build);
