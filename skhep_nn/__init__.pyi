# Written by .ci/stubs.py from signatures and docstrings (make stubs).
from skhep_nn import cache as cache
from skhep_nn import datasets as datasets
from skhep_nn import deploy as deploy
from skhep_nn import estimators as estimators
from skhep_nn import events as events
from skhep_nn import exceptions as exceptions
from skhep_nn import io as io
from skhep_nn import metrics as metrics
from skhep_nn import model_selection as model_selection
from skhep_nn import networks as networks
from skhep_nn import plotting as plotting
from skhep_nn import preprocessing as preprocessing
from skhep_nn.estimators import BlockClassifier as BlockClassifier
from skhep_nn.events import BlockKind as BlockKind
from skhep_nn.estimators import CNNClassifier as CNNClassifier
from skhep_nn.estimators import DenseClassifier as DenseClassifier
from skhep_nn.events import EventBlocks as EventBlocks
from skhep_nn.preprocessing import EventWeightBalancer as EventWeightBalancer
from skhep_nn.estimators import IndividualMassClassifier as IndividualMassClassifier
from skhep_nn.estimators import KerasClassifier as KerasClassifier
from skhep_nn.estimators import LSTMClassifier as LSTMClassifier
from skhep_nn.model_selection import LeaveOneMassOut as LeaveOneMassOut
from skhep_nn.cache import MemmapCache as MemmapCache
from skhep_nn.preprocessing import MinMaxScaler as MinMaxScaler
from skhep_nn.estimators import ParametricClassifier as ParametricClassifier
from skhep_nn.estimators import ResNetClassifier as ResNetClassifier
from skhep_nn.deploy import apply as apply
from skhep_nn.cache import build_cache as build_cache
from skhep_nn.metrics import make_auc_scorer as make_auc_scorer
from skhep_nn.metrics import make_fom_scorer as make_fom_scorer
from skhep_nn.metrics import make_parametric_auc_scorer as make_parametric_auc_scorer
from skhep_nn.model_selection import train_validation_test_split as train_validation_test_split

__version__: str
