"""What the section of /parametres/ sends."""

from django import forms


class ChoiceForm(forms.Form):
    """Quiet hours, channels; the kinds come as ``kind:<name>`` fields."""

    quiet_from = forms.TimeField(required=False)
    quiet_until = forms.TimeField(required=False)
    urgent_anytime = forms.BooleanField(required=False)
    push = forms.BooleanField(required=False)
    digest = forms.BooleanField(required=False)
    digest_hour = forms.IntegerField(min_value=0, max_value=23, initial=8)


class SubscriptionForm(forms.Form):
    """What a browser gives when it accepts pushes."""

    endpoint = forms.CharField(max_length=1000)
    p256dh = forms.CharField(max_length=120)
    auth = forms.CharField(max_length=40)
    device = forms.CharField(max_length=120, required=False)
